/* struct sockaddr to struct pyt_sockaddr and back. */
#include "address.h"

#include <errno.h>
#include <string.h>

#include "pointer.h"

#define SIN6_LEN_MIN 24 /* without sin6_scope_id, RFC 2133 */

static int get_v4(const struct sockaddr *name, socklen_t name_len,
		  struct pyt_sockaddr *address)
{
	struct sockaddr_in in;

	if (name_len < sizeof(in))
		return -EINVAL;
	memcpy(&in, name, sizeof(in));
	address->ip = pyt_ip_from_v4(ntohl(in.sin_addr.s_addr));
	address->port = ntohs(in.sin_port);
	address->scope_id = 0;
	return 0;
}

static int get_v6(const struct sockaddr *name, socklen_t name_len,
		  struct pyt_sockaddr *address)
{
	struct sockaddr_in6 in6 = { 0 };

	if (name_len < SIN6_LEN_MIN)
		return -EINVAL;
	memcpy(&in6, name, name_len < sizeof(in6) ? name_len : sizeof(in6));
	memcpy(address->ip.bytes, &in6.sin6_addr, sizeof(address->ip.bytes));
	address->port = ntohs(in6.sin6_port);
	address->scope_id = in6.sin6_scope_id;
	return 0;
}

int address_get(int family, bool mapped, const struct sockaddr *name,
		socklen_t name_len, struct pyt_sockaddr *address)
{
	sa_family_t given;

	if (name_len < sizeof(given) ||
	    name_len > sizeof(struct sockaddr_storage))
		return -EINVAL;
	if (pointer_is_wrong(name))
		return -EFAULT;
	memcpy(&given, name, sizeof(given));
	if (family == AF_INET && name_len < sizeof(struct sockaddr_in))
		return -EINVAL;
	if (given == AF_INET6 && family == AF_INET6)
		return get_v6(name, name_len, address);
	if (given == AF_INET && (family == AF_INET || mapped))
		return get_v4(name, name_len, address);
	return -EAFNOSUPPORT;
}

socklen_t address_format(int family, const struct pyt_sockaddr *address,
			 struct sockaddr_storage *name)
{
	struct sockaddr_in *in = (struct sockaddr_in *)name;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;

	memset(name, 0, sizeof(*name));
	if (family == AF_INET) {
		in->sin_family = AF_INET;
		in->sin_port = htons(address->port);
		in->sin_addr.s_addr =
			pyt_ip_is_v4(&address->ip)
				? htonl(pyt_ip_to_v4(&address->ip))
				: INADDR_ANY;
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(address->port);
	in6->sin6_scope_id = address->scope_id;
	/* A dual-stack socket that is bound to nothing shows "::". */
	if (!pyt_ip_is_unspecified(&address->ip))
		memcpy(&in6->sin6_addr, address->ip.bytes,
		       sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

int address_put(int family, const struct pyt_sockaddr *address,
		struct sockaddr *name, socklen_t *name_len)
{
	struct sockaddr_storage full;
	socklen_t len;

	if (pointer_is_wrong(name_len))
		return -EFAULT;
	if ((int)*name_len < 0)
		return -EINVAL;
	if (pointer_is_wrong(name) && *name_len > 0)
		return -EFAULT;
	len = address_format(family, address, &full);
	if (*name_len)
		memcpy(name, &full, *name_len < len ? *name_len : len);
	*name_len = len;
	return 0;
}
