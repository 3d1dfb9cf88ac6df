/*
 * Errors of a datagram with the call that sends it: include/pyt/control.h,
 * PYT_OP_SEND. What was answered is remembered under a hash of all that the
 * answer depends on, the epochs of slot and table among it: so nothing has to
 * be forgotten. A collision only makes an error come late.
 */
#include "datagram_ask.h"

#include <errno.h>
#include <string.h>

#include "client.h"
#include "pointer.h"

#define ANSWERS 4096 /* a power of two */
#define PAYLOAD_MAX (PYT_CONTROL_DATA_MAX - sizeof(struct pyt_datagram))

struct answer {
	_Atomic uint64_t question;
	_Atomic uint32_t len_end; /* shorter ones may be sent */
};

static struct answer answers[ANSWERS];

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

static uint64_t mix_ip(uint64_t hash, const struct pyt_ip *ip)
{
	uint64_t half[2];

	memcpy(half, ip, sizeof(half));
	return mix(mix(hash, half[0]), half[1]);
}

/* Not the port: ports make no difference. */
static uint64_t question_of(const struct descriptor *datagram,
			    const struct pyt_datagram *header)
{
	const struct pyt_message *message = &header->message;
	uint64_t hash =
		mix(0, (uint64_t)datagram->generation << 32 | datagram->number);

	hash = mix(hash, (uint64_t)datagram->slot->send_epoch << 32 |
				 client_table()->route_epoch);
	hash = mix(hash, (uint64_t)(uint32_t)message->ifindex << 32 |
				 (uint32_t)message->gso_size);
	hash = mix(hash, message->dont_fragment);
	hash = mix_ip(hash, &message->local);
	if (header->flags & PYT_DATAGRAM_TO_PEER)
		return mix(hash, 1);
	hash = mix(hash, message->peer.scope_id);
	return mix_ip(hash, &message->peer.ip);
}

static struct answer *answer_to(uint64_t question)
{
	return &answers[question >> 16 & (ANSWERS - 1)];
}

bool datagram_is_known(const struct descriptor *datagram,
		       const struct pyt_datagram *header)
{
	uint64_t question = question_of(datagram, header);
	struct answer *answer = answer_to(question);

	/* what headers hold is in no question */
	if (pyt_extensions_len(&header->message))
		return false;
	return atomic_load_explicit(&answer->question, memory_order_acquire) ==
		       question &&
	       header->message.len < atomic_load_explicit(&answer->len_end,
							  memory_order_relaxed);
}

/* The one that is there is invalid while the two words do not match. */
static void remember(uint64_t question, uint64_t len_end)
{
	struct answer *answer = answer_to(question);

	if (!len_end)
		return;
	atomic_store(&answer->question, 0);
	atomic_store(&answer->len_end, (uint32_t)len_end);
	atomic_store(&answer->question, question);
}

/*
 * Of the pieces behind our header as many bytes as there is room for, or
 * -EFAULT.
 */
static int gather(const struct msghdr *message, uint32_t room, uint8_t *bytes)
{
	uint32_t len = 0;

	for (size_t i = 1; i < message->msg_iovlen; i++) {
		const struct iovec *iov = &message->msg_iov[i];

		if (!iov->iov_len)
			continue;
		if (pointer_is_wrong(iov->iov_base))
			return -EFAULT;
		if (iov->iov_len > room - len)
			break;
		memcpy(bytes + len, iov->iov_base, iov->iov_len);
		len += (uint32_t)iov->iov_len;
	}
	return (int)len;
}

int datagram_ask(const struct descriptor *datagram,
		 const struct pyt_datagram *header,
		 const struct msghdr *message)
{
	uint64_t question = question_of(datagram, header);
	uint32_t extensions_len = pyt_extensions_len(&header->message);
	bool whole = header->message.len + extensions_len <= PAYLOAD_MAX;
	uint8_t data[PYT_CONTROL_DATA_MAX];
	struct client_call call = DESCRIPTOR_CALL(datagram, PYT_OP_SEND);
	int result;

	if (extensions_len > PAYLOAD_MAX)
		return 0; /* more than a question can hold */
	memcpy(data, header, sizeof(*header));
	call.data = data;
	call.data_len = sizeof(*header);
	if (whole || extensions_len) {
		int len = gather(message, PAYLOAD_MAX, data + sizeof(*header));

		if (len < 0)
			return len;
		call.data_len += whole ? (uint32_t)len : extensions_len;
	}
	result = client_call(&call);
	if (result == -ENETDOWN && client_is_alive())
		return 0; /* we are not to ask in this process: vfork(2) */
	if (result >= 0 && !extensions_len)
		remember(question, call.result2);
	return result;
}
