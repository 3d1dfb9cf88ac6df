/* Generic netlink in the program: which families stay with the kernel. */
#include <linux/genetlink.h>
#include <string.h>

#include "genl.h"
#include "netlink.h"
#include "pointer.h"

#define HEAD_LEN 256 /* of a request, its attributes included */

/* Of processes, disks and machines. */
static const char *const kernel_families[] = {
	"TASKSTATS", "VFS_DQUOT", "acpi_event", "thermal", "thermal_event",
	"nbd",	     "TCM-USER",  "DLM",	"IPMI",
};

/* The beginning of what is sent, in one piece. */
static size_t gather(const struct msghdr *message, uint8_t bytes[HEAD_LEN])
{
	size_t len = 0;

	for (size_t i = 0; i < message->msg_iovlen && len < HEAD_LEN; i++) {
		const struct iovec *iov = &message->msg_iov[i];
		size_t step = iov->iov_len < HEAD_LEN - len ? iov->iov_len
							    : HEAD_LEN - len;

		if (step && pointer_is_wrong(iov->iov_base))
			break; /* what sends it says so */
		if (step)
			memcpy(bytes + len, iov->iov_base, step);
		len += step;
	}
	return len;
}

static bool is_of_kernel(const char *name)
{
	for (size_t i = 0;
	     i < sizeof(kernel_families) / sizeof(*kernel_families); i++)
		if (strcmp(kernel_families[i], name) == 0)
			return true;
	return false;
}

bool genl_is_kernels(const struct msghdr *message)
{
	uint8_t bytes[HEAD_LEN] __attribute__((aligned(8)));
	const struct nlmsghdr *header = (const void *)bytes;
	const struct genlmsghdr *command = NLMSG_DATA(header);
	struct nl_value value[CTRL_ATTR_FAMILY_NAME + 1];
	size_t len = gather(message, bytes);
	char name[GENL_NAMSIZ];

	if (len < NLMSG_HDRLEN + GENL_HDRLEN || header->nlmsg_len > len ||
	    header->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN ||
	    header->nlmsg_type != GENL_ID_CTRL ||
	    command->cmd != CTRL_CMD_GETFAMILY)
		return false;
	return nl_parse((const uint8_t *)command + GENL_HDRLEN,
			header->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, value,
			CTRL_ATTR_FAMILY_NAME) &&
	       nl_text(&value[CTRL_ATTR_FAMILY_NAME], name, sizeof(name)) &&
	       is_of_kernel(name);
}
