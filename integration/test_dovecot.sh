#!/bin/bash
# Program: dovecot on the stack, which empties its environment before its
# first socket: processes that become the user, IMAP and POP3.
. "$(dirname "$0")/lib.sh"

lan_create 2
chmod a+rx "$tmp"
mkdir -p "$tmp/run" "$tmp/home/mail"/{cur,new,tmp}
for i in $(seq 20); do
	printf 'Subject: %d\r\n\r\nbody %d\r\n' "$i" "$i" \
		>"$tmp/home/mail/new/$(printf '%02d' "$i").x"
done
data "$tmp/bytes" 500000
(printf 'Subject: big\r\n\r\n'; base64 "$tmp/bytes" | sed 's/$/\r/') >"$tmp/big"
cp "$tmp/big" "$tmp/home/mail/new/21.x"
chown -R nobody:nogroup "$tmp/home"
cat >"$tmp/dovecot.conf" <<CONF
base_dir = $tmp/run
state_dir = $tmp/run
protocols = imap pop3
listen = $stack3
ssl = no
disable_plaintext_auth = no
log_path = /dev/stderr
passdb {
  driver = static
  args = password=secret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$tmp/home
}
first_valid_uid = 1
mail_location = maildir:$tmp/home/mail
CONF
# An address that is not the default: it is said by PYT_IP alone.
start dovecot pyt3_run dovecot -F -c "$tmp/dovecot.conf"
wait_tcp $stack3 143
claim_equal 'IMAP: one of its mails' "$(native timeout 20 curl -sS \
	-u joe:secret "imap://$stack3/INBOX;MAILINDEX=7" | tr -d '\r')" \
	$'Subject: 7\n\nbody 7'
claim_equal 'IMAP: which mails there are' "$(native timeout 20 curl -sS \
	-u joe:secret "imap://$stack3/INBOX?ALL" | tr -d '\r')" \
	"* SEARCH $(echo $(seq 21))"
claim_equal 'POP3: the same number' "$(native timeout 20 curl -sS \
	-u joe:secret "pop3://$stack3/" | wc -l)" 21
claim 'POP3: the big one' native timeout 20 curl -sS -u joe:secret \
	-o "$tmp/got" "pop3://$stack3/21"
claim_same 'the same' "$tmp/got" "$tmp/big"
claim 'IMAP: a mail is put there' native timeout 20 curl -sS -u joe:secret \
	-T "$tmp/big" "imap://$stack3/INBOX"
claim 'IMAP: and read again' native timeout 20 curl -sS -u joe:secret \
	-o "$tmp/got" "imap://$stack3/INBOX;MAILINDEX=22"
claim_same 'the same' "$tmp/got" "$tmp/big"

finished=yes
