#!/bin/bash
# Program: apt-get by http from a directory that is served: its method is a
# process of its own, which gives up its user.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_web.sh"

# repository: the package hello-test in $tmp/www, with its list.
repository() {
	local deb=$tmp/www/hello.deb

	mkdir -p "$tmp/package/DEBIAN" "$tmp/package/usr/share/hello"
	data "$tmp/package/usr/share/hello/file" 3000000
	printf '%s\n' 'Package: hello-test' 'Version: 1' 'Architecture: all' \
		'Maintainer: nobody <nobody@test>' 'Description: a test' \
		>"$tmp/package/DEBIAN/control"
	dpkg-deb -b "$tmp/package" "$deb" >"$tmp/dpkg.log"
	{
		cat "$tmp/package/DEBIAN/control"
		echo 'Filename: ./hello.deb'
		echo "Size: $(stat -c %s "$deb")"
		echo "SHA256: $(sum_of "$deb")"
	} >"$tmp/www/Packages"
}

lan_create
native_web
repository
chmod -R a+rX "$tmp"
mkdir -p "$tmp/apt/lists/partial" "$tmp/apt/cache/archives/partial" \
	"$tmp/download"
chmod -R a+rwX "$tmp/apt" "$tmp/download"
echo "deb [trusted=yes] http://$kernel_url/ ./" >"$tmp/apt/sources"
cat >"$tmp/apt/conf" <<CONF
Dir::State::lists "$tmp/apt/lists";
Dir::Cache "$tmp/apt/cache";
Dir::Etc::sourcelist "$tmp/apt/sources";
Dir::Etc::sourceparts "/dev/null";
CONF
export APT_CONFIG=$tmp/apt/conf
# A device that anybody may open: the stack is of the method's user.
with_device() {
	pyt_run unshare -m sh -c 'mount -t tmpfs -o mode=755 none /dev/net &&
		mknod -m 666 /dev/net/tun c 10 200 && exec "$@"' - "$@"
}
claim 'apt-get update' with_device timeout 60 apt-get update
claim_match 'it knows the package' "$(native apt-cache show hello-test 2>&1)" \
	'Description: a test'
cd "$tmp/download" || exit 1
claim 'apt-get download' with_device timeout 60 apt-get download hello-test
claim_same 'the same package' "$tmp/download/hello-test_1_all.deb" \
	"$tmp/www/hello.deb"

finished=yes
