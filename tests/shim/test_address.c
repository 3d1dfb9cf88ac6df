#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "address.h"

static struct sockaddr_in v4(const char *text, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(port) };

	inet_pton(AF_INET, text, &in.sin_addr);
	return in;
}

START_TEST(an_ipv4_name_goes_in_and_out_unchanged)
{
	struct sockaddr_in in = v4("10.77.0.2", 8080), out;
	socklen_t out_len = sizeof(out);
	struct pyt_sockaddr address;

	ck_assert_int_eq(address_get(AF_INET, false, (struct sockaddr *)&in,
				     sizeof(in), &address),
			 0);
	ck_assert_uint_eq(pyt_ip_to_v4(&address.ip), 0x0a4d0002);
	ck_assert_uint_eq(address.port, 8080);
	ck_assert_int_eq(address_put(AF_INET, &address, (struct sockaddr *)&out,
				     &out_len),
			 0);
	ck_assert_uint_eq(out_len, sizeof(out));
	ck_assert_mem_eq(&in, &out, sizeof(in));
}
END_TEST

START_TEST(an_ipv6_socket_shows_ipv4_mapped_and_any_as_any)
{
	struct pyt_sockaddr address = { .ip = pyt_ip_from_v4(0x01020304),
					.port = 5 };
	struct sockaddr_storage name;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&name;

	ck_assert_uint_eq(address_format(AF_INET6, &address, &name),
			  sizeof(*in6));
	ck_assert(IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr));
	address.ip = pyt_ip_from_v4(0);
	address_format(AF_INET6, &address, &name);
	ck_assert(IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr));
}
END_TEST

START_TEST(a_short_buffer_gets_the_beginning_and_the_full_length)
{
	struct pyt_sockaddr address = { .ip = pyt_ip_from_v4(0x7f000001),
					.port = 9 };
	struct sockaddr_in whole = v4("127.0.0.1", 9);
	unsigned char out[8];
	socklen_t out_len = 4;

	memset(out, 0xee, sizeof(out));
	ck_assert_int_eq(address_put(AF_INET, &address, (void *)out, &out_len),
			 0);
	ck_assert_uint_eq(out_len, sizeof(whole));
	ck_assert_mem_eq(out, &whole, 4);
	ck_assert_uint_eq(out[4], 0xee);
}
END_TEST

/* What Linux answers to names that are wrong. */
START_TEST(wrong_names_get_linux_errors)
{
	struct sockaddr_in in = v4("1.2.3.4", 1);
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr *p4 = (struct sockaddr *)&in;
	struct sockaddr *p6 = (struct sockaddr *)&in6;
	struct pyt_sockaddr address;
	socklen_t negative = (socklen_t)-1;
	const struct {
		int family;
		bool mapped;
		struct sockaddr *name;
		socklen_t name_len;
		int result;
	} cases[] = {
		{ AF_INET, false, p4, 1, -EINVAL },
		{ AF_INET, false, p4, sizeof(in) - 1, -EINVAL },
		{ AF_INET, false, NULL, sizeof(in), -EFAULT },
		{ AF_INET, false, p6, sizeof(in6), -EAFNOSUPPORT },
		{ AF_INET6, false, p6, 23, -EINVAL },
		{ AF_INET6, false, p6, 24, 0 },
		{ AF_INET6, false, p4, sizeof(in), -EAFNOSUPPORT },
		{ AF_INET6, true, p4, sizeof(in), 0 },
		{ AF_INET6, true, p4, sizeof(in) - 1, -EINVAL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_int_eq(address_get(cases[i].family, cases[i].mapped,
					     cases[i].name, cases[i].name_len,
					     &address),
				 cases[i].result);
	ck_assert_int_eq(address_put(AF_INET, &address, p4, NULL), -EFAULT);
	ck_assert_int_eq(address_put(AF_INET, &address, p4, &negative),
			 -EINVAL);
}
END_TEST

UNIT_MAIN("address", an_ipv4_name_goes_in_and_out_unchanged,
	  an_ipv6_socket_shows_ipv4_mapped_and_any_as_any,
	  a_short_buffer_gets_the_beginning_and_the_full_length,
	  wrong_names_get_linux_errors)
