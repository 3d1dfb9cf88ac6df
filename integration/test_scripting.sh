#!/bin/bash
# Program: perl, ruby and php: IO::Socket and forks, net/http and TCPServer,
# php -S and streams; client and server of each.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

perl_get='
	use IO::Socket::INET; local $/;
	my $s = IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 80,
		Timeout => 10) or die "connect: $!";
	print $s "GET /big HTTP/1.0\r\n\r\n";
	my $answer = <$s>; $answer =~ s/^.*?\r\n\r\n//s; print $answer;'
# A child a connection, as perlipc(1) has it.
perl_serve='
	use IO::Socket::INET; $SIG{CHLD} = "IGNORE";
	my $l = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => 7001,
		Listen => 5, ReuseAddr => 1) or die "listen: $!";
	while (my $s = $l->accept) {
		next if fork;
		while (<$s>) { print $s scalar reverse; $s->flush }
		exit;
	}'
ruby_get='
	require "net/http"
	Net::HTTP.start(ARGV[0], 80) { |h|
		h.request_get("/big") { |r| r.read_body { |piece| print piece } } }'
ruby_serve='
	require "socket"
	l = TCPServer.new(ARGV[0], 7002)
	loop { Thread.start(l.accept) { |s|
		while line = s.gets do s.write line.upcase end; s.close } }'
php_get='copy("http://$argv[1]/big", "php://stdout");'

lan_create
native_web
for language in perl ruby php; do
	get=${language}_get
	option=-e
	[ $language = php ] && option=-r
	pyt_run timeout 60 $language $option "${!get}" $kernel >"$tmp/got" \
		2>"$tmp/get.log"
	claim_same "$language fetches 16 MB" "$tmp/got" "$tmp/www/big"
done

start perl pyt_run perl -e "$perl_serve" $stack
wait_tcp $stack 7001
start ruby pyt_run ruby -e "$ruby_serve" $stack
wait_tcp $stack 7002
lines=$(seq -f 'line number %g' 2000)
claim_equal 'a server in perl, forking' \
	"$(native timeout 20 nc -N $stack 7001 <<<"$lines" | sha256sum)" \
	"$(perl -ne 'print scalar reverse' <<<"$lines" | sha256sum)"
claim_equal 'a server in ruby, threaded' \
	"$(native timeout 20 nc -N $stack 7002 <<<"$lines")" "${lines^^}"

start php pyt_run env PHP_CLI_SERVER_WORKERS=3 php -S $stack:8080 -t "$tmp/www"
wait_tcp $stack 8080
mkdir "$tmp/many"
claim 'php -S answers 50 at once' native timeout 60 curl -sS --parallel \
	"http://$stack:8080/many/[1-50]" -o "$tmp/many/#1"
claim_same_tree 'all as they were' "$tmp/many" "$tmp/www/many"

finished=yes
