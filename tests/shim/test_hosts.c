#include "unit.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostent.h"
#include "hosts.h"

static char path[] = "/tmp/test_hosts.XXXXXX";

static void write_file(const char *text)
{
	int fd;

	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static const char hosts_text[] = "# comment\n"
				 "127.0.0.1\tlocalhost loop # not this\n"
				 "::1 localhost ip6-localhost\n"
				 "\n"
				 "bad line\n"
				 "10.0.0.1   Box.example box\n"
				 "10.0.0.2 box\r\n"
				 "10.0.0.3";

START_TEST(a_name_has_the_addresses_of_all_its_lines)
{
	struct names_answer answer = { 0 };

	write_file(hosts_text);
	ck_assert_int_eq(hosts_by_name(path, "BOX", NAMES_V4, &answer), 0);
	ck_assert_str_eq(answer.name, "Box.example");
	ck_assert_uint_eq(answer.ip_count, 2);
	ck_assert_uint_eq(answer.alias_count, 1);
	names_clear(&answer);
	unlink(path);
}
END_TEST

START_TEST(only_wanted_families_are_found)
{
	struct names_answer answer = { 0 };

	write_file(hosts_text);
	ck_assert_int_eq(hosts_by_name(path, "localhost", NAMES_V6, &answer),
			 0);
	ck_assert_uint_eq(answer.ip_count, 1);
	ck_assert(!pyt_ip_is_v4(&answer.ip[0]));
	names_clear(&answer);
	ck_assert_int_eq(hosts_by_name(path, "box", NAMES_V6, &answer),
			 HOST_NOT_FOUND);
	names_clear(&answer);
	unlink(path);
}
END_TEST

START_TEST(comments_and_bad_lines_name_nothing)
{
	struct names_answer answer = { 0 };

	write_file(hosts_text);
	ck_assert_int_eq(hosts_by_name(path, "not", NAMES_V4, &answer),
			 HOST_NOT_FOUND);
	ck_assert_int_eq(hosts_by_name(path, "line", NAMES_V4, &answer),
			 HOST_NOT_FOUND);
	ck_assert_int_eq(
		hosts_by_name("/nonexistent", "box", NAMES_V4, &answer),
		HOST_NOT_FOUND);
	unlink(path);
}
END_TEST

START_TEST(an_address_has_the_names_of_its_first_line)
{
	struct names_answer answer = { 0 };
	struct pyt_ip ip = pyt_ip_from_v4(0x0a000001);

	write_file(hosts_text);
	ck_assert_int_eq(hosts_by_ip(path, &ip, &answer), 0);
	ck_assert_str_eq(answer.name, "Box.example");
	ck_assert_str_eq(answer.alias[0], "box");
	names_clear(&answer);

	ip = pyt_ip_from_v4(0x0a000003); /* a line without a name */
	ck_assert_int_eq(hosts_by_ip(path, &ip, &answer), HOST_NOT_FOUND);
	unlink(path);
}
END_TEST

/* ---------------------------------------------------------- struct hostent */

START_TEST(a_hostent_fits_in_its_size_at_any_alignment)
{
	struct names_answer answer = { 0 };

	write_file(hosts_text);
	ck_assert_int_eq(hosts_by_name(path, "box", NAMES_V4, &answer), 0);
	unlink(path);

	for (size_t shift = 0; shift < sizeof(void *); shift++) {
		size_t size = hostent_size(&answer);
		char *memory = malloc(size + shift);
		struct hostent hostent;

		hostent_fill(&hostent, memory + shift, AF_INET, &answer);
		ck_assert_str_eq(hostent.h_name, "Box.example");
		ck_assert_str_eq(hostent.h_aliases[0], "box");
		ck_assert_ptr_null(hostent.h_aliases[1]);
		ck_assert_mem_eq(hostent.h_addr_list[1], "\x0a\0\0\2", 4);
		ck_assert_ptr_null(hostent.h_addr_list[2]);
		ck_assert_int_eq(hostent.h_length, 4);
		free(memory);
	}
	names_clear(&answer);
}
END_TEST

static int number_status(const char *name, int family)
{
	struct names_answer answer = { 0 };
	int status = hostent_by_name(NULL, name, family, &answer);

	names_clear(&answer);
	return status;
}

/* Without a host to ask: a question would crash. */
START_TEST(numbers_are_never_asked_for)
{
	ck_assert_int_eq(number_status("10.0.0.1", AF_INET), 0);
	ck_assert_int_eq(number_status("127.1", AF_INET), 0);
	ck_assert_int_eq(number_status("::1", AF_INET6), 0);
	ck_assert_int_eq(number_status("::1", AF_INET), HOST_NOT_FOUND);
	ck_assert_int_eq(number_status("10.0.0.1", AF_INET6), HOST_NOT_FOUND);
	ck_assert_int_eq(number_status("1.2.3.4.5", AF_INET), HOST_NOT_FOUND);
	ck_assert_int_eq(number_status("x", AF_UNIX), NETDB_INTERNAL);
}
END_TEST

UNIT_MAIN("hosts", a_name_has_the_addresses_of_all_its_lines,
	  only_wanted_families_are_found, comments_and_bad_lines_name_nothing,
	  an_address_has_the_names_of_its_first_line,
	  a_hostent_fits_in_its_size_at_any_alignment,
	  numbers_are_never_asked_for)
