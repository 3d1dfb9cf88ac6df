#!/bin/bash
# Program: postfix on the stack, which gives its daemons an environment of
# their own: mail by SMTP and STARTTLS into a box, and on to another host.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

# postfix_start NAME SIDE DOMAINS [SETTING]: mail for DOMAINS stays here.
postfix_start() {
	local name=$1 dir=$tmp/$1

	mkdir -p "$dir/queue" "$dir/data" "$dir/mail"
	chown postfix "$dir/data"
	chown nobody "$dir/mail"
	cp -r /etc/postfix "$dir/conf"
	cat >"$dir/conf/main.cf" <<-CONF
		compatibility_level = 3.6
		queue_directory = $dir/queue
		data_directory = $dir/data
		myhostname = $name.test
		mydestination =
		virtual_mailbox_domains = $3
		virtual_mailbox_base = $dir/mail
		virtual_mailbox_maps = static:user/
		virtual_uid_maps = static:65534
		virtual_gid_maps = static:65534
		inet_protocols = all
		mynetworks = 10.77.0.0/24
		maillog_file = /dev/stdout
		maillog_file_prefixes = /dev
		smtpd_tls_cert_file = $tmp/server.pem
		smtpd_tls_key_file = $tmp/server.key
		smtpd_tls_security_level = may
		smtp_tls_security_level = encrypt
		smtp_dns_support_level = disabled
		${4:-}
		virtual_alias_domains =
		alias_maps =
		alias_database =
	CONF
	# Nothing in a chroot: there is none in that directory.
	sed -i -E 's/^([a-z-]+ +(inet|unix|unix-dgram) +[n-] +[n-] +)[y-]/\1n/' \
		"$dir/conf/master.cf"
	grep -q '^postlog ' "$dir/conf/master.cf" || echo \
		'postlog unix-dgram n - n - 1 postlogd' >>"$dir/conf/master.cf"
	start "$name" "$2" postfix -c "$dir/conf" start-fg
}

# mail_to SIDE HOST ADDRESS SUBJECT
mail_to() {
	(printf 'Subject: %s\n\n' "$4"; cat "$tmp/body") >"$tmp/message"
	"$1" timeout 30 curl -sS --ssl-reqd --cacert "$tmp/ca.pem" \
		--mail-from a@test --mail-rcpt "$3" -T "$tmp/message" \
		"smtp://$2/client.test"
}

# arrives NAME SUBJECT: the body of that mail, in $tmp/got.
arrives() {
	local file

	file=$(grep -rlx "Subject: $2" "$tmp/$1/mail" | grep '/new/') &&
		sed '1,/^$/d; ${/^$/d}' "$file" >"$tmp/got"
}

lan_create
test_ca
chmod a+rx "$tmp"
data "$tmp/bytes" 1000000
base64 "$tmp/bytes" >"$tmp/body"
postfix_start kernel native 'box.test far.test'
postfix_start stack pyt_run box.test \
	"transport_maps = inline:{far.test=smtp:[$kernel]}"
wait_tcp $kernel 25
wait_tcp $stack 25

claim 'mail to it' mail_to native $stack user@box.test one
claim 'arrives' until_true 20 arrives stack one
claim_same 'with its 1.3 MB' "$tmp/got" "$tmp/body"
claim 'mail from the stack' mail_to pyt_run $kernel user@box.test two
claim 'arrives' until_true 20 arrives kernel two
claim_same 'the same' "$tmp/got" "$tmp/body"

claim 'mail for another host' mail_to native $stack user@far.test three
claim 'goes on to it' until_true 20 arrives kernel three
claim_same 'the same' "$tmp/got" "$tmp/body"

finished=yes
