#include "unit.h"

#include <string.h>

#include "view_path.h"

static const char *match(const char *path)
{
	static char name[VIEW_PATH_MAX];

	return view_path_match(path, name) ? name : "";
}

START_TEST(files_of_the_network_are_found)
{
	ck_assert_str_eq(match("/proc/net/tcp"), "/proc/net/tcp");
	ck_assert_str_eq(match("/proc/self/net/dev"), "/proc/net/dev");
	ck_assert_str_eq(match("/proc/thread-self/net/dev"), "/proc/net/dev");
	ck_assert_str_eq(match("/proc/123/net/udp6"), "/proc/net/udp6");
	ck_assert_str_eq(match("/proc/123/task/124/net/udp6"),
			 "/proc/net/udp6");
	ck_assert_str_eq(match("/proc/sys/net/ipv4/tcp_rmem"),
			 "/proc/sys/net/ipv4/tcp_rmem");
	ck_assert_str_eq(match("/proc/sys//net/ipv4//tcp_rmem"),
			 "/proc/sys/net/ipv4/tcp_rmem");
	ck_assert_str_eq(match("/sys//class//net/lo"), "/sys/class/net/lo");
	ck_assert_str_eq(match("/proc/sys/net/ipv4//tcp_rmem/"),
			 "/proc/sys/net/ipv4/tcp_rmem");
	ck_assert_str_eq(match("/proc/sys/net"), "/proc/sys/net/");
	ck_assert_str_eq(match("/sys/class/net"), "/sys/class/net/");
	ck_assert_str_eq(match("/sys/class/net/lo/mtu"),
			 "/sys/class/net/lo/mtu");
	ck_assert_str_eq(match("/sys/devices/virtual/net/lo/mtu"),
			 "/sys/class/net/lo/mtu");
	ck_assert_str_eq(match("/sys/devices/virtual/net"), "/sys/class/net/");
}
END_TEST

START_TEST(all_others_are_the_kernels)
{
	ck_assert_str_eq(match(NULL), "");
	ck_assert_str_eq(match(""), "");
	ck_assert_str_eq(match("/"), "");
	ck_assert_str_eq(match("/p"), "");
	ck_assert_str_eq(match("/etc/passwd"), "");
	ck_assert_str_eq(match("/proc"), "");
	ck_assert_str_eq(match("/proc/net"), "");
	ck_assert_str_eq(match("/proc/net/psched"), "");
	ck_assert_str_eq(match("/proc/net/vlan/config"), "");
	ck_assert_str_eq(match("/proc/cpuinfo"), "");
	ck_assert_str_eq(match("/proc/12a/net/tcp"), "");
	ck_assert_str_eq(match("/proc/sys/netx"), "");
	ck_assert_str_eq(match("/proc/sys/kernel/pid_max"), "");
	ck_assert_str_eq(match("/sys/class/network"), "");
	ck_assert_str_eq(match("/sys/class/block"), "");
	ck_assert_str_eq(match("/sys/devices/virtual/block"), "");
	ck_assert_str_eq(match("/sys/devices/net/lo"), "");
	ck_assert_str_eq(match("proc/net/tcp"), "");
}
END_TEST

START_TEST(what_the_stack_does_not_have_is_not_the_kernels)
{
	ck_assert_str_eq(match("/proc/net/nf_conntrack"),
			 "/proc/net/nf_conntrack");
	ck_assert_str_eq(match("/proc/net/stat"), "/proc/net/stat");
	ck_assert_str_eq(match("/proc/net//dev_snmp6/lo"),
			 "/proc/net/dev_snmp6/lo");
	ck_assert_str_eq(match("/proc/net/unixx"), "/proc/net/unixx");
}
END_TEST

START_TEST(a_way_out_is_not_followed)
{
	ck_assert_str_eq(match("/sys/class/net/../block"), "");
	ck_assert_str_eq(match("/proc/sys/net/ipv4/./tcp_rmem"), "");
}
END_TEST

START_TEST(a_path_that_is_too_long_is_the_kernels)
{
	char path[2 * VIEW_PATH_MAX];

	memset(path, 'x', sizeof(path));
	memcpy(path, "/proc/sys/net/", 14);
	path[sizeof(path) - 1] = '\0';
	ck_assert_str_eq(match(path), "");
	path[VIEW_PATH_MAX - 1] = '\0';
	ck_assert_str_eq(match(path), path);
}
END_TEST

START_TEST(a_setting_is_named_with_dots)
{
	char setting[VIEW_PATH_MAX];

	ck_assert(view_path_setting("/proc/sys/net/ipv4/conf/all/arp_ignore",
				    setting));
	ck_assert_str_eq(setting, "net.ipv4.conf.all.arp_ignore");
	ck_assert(view_path_setting("/sys/class/net/pyt0/mtu", setting));
	ck_assert_str_eq(setting, "class/pyt0/mtu");
	ck_assert(!view_path_setting("/sys/class/net/", setting));
	ck_assert(!view_path_setting("/proc/net/tcp", setting));
	ck_assert(!view_path_setting("/proc/sys/net/", setting));
}
END_TEST

UNIT_MAIN("view_path", files_of_the_network_are_found,
	  all_others_are_the_kernels,
	  what_the_stack_does_not_have_is_not_the_kernels,
	  a_way_out_is_not_followed, a_path_that_is_too_long_is_the_kernels,
	  a_setting_is_named_with_dots)
