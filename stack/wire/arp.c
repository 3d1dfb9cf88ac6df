/* ARP packets. RFC 826. */
#include "wire/arp.h"

#include "base/writer.h"

#define HARDWARE_ETHERNET 1
#define HARDWARE_IEEE_802 6
#define PROTOCOL_IP4 0x0800

bool arp_parse(struct reader *payload, struct arp_packet *arp)
{
	struct reader r = *payload;
	struct arp_packet a;
	uint16_t hardware = reader_u16(&r);
	uint16_t protocol = reader_u16(&r);
	uint8_t hardware_len = reader_u8(&r);
	uint8_t protocol_len = reader_u8(&r);

	a.operation = reader_u16(&r);
	reader_copy(&r, a.sender_mac, sizeof(a.sender_mac));
	a.sender_ip = reader_u32(&r);
	reader_copy(&r, a.target_mac, sizeof(a.target_mac));
	a.target_ip = reader_u32(&r);
	if (r.failed || hardware_len != 6 || protocol_len != 4 ||
	    protocol != PROTOCOL_IP4)
		return false;
	if (hardware != HARDWARE_ETHERNET && hardware != HARDWARE_IEEE_802)
		return false;

	*arp = a;
	*payload = r;
	return true;
}

void arp_build(uint8_t *to, const struct arp_packet *arp)
{
	struct writer w = writer_init(to, ARP_LEN);

	writer_u16(&w, HARDWARE_ETHERNET);
	writer_u16(&w, PROTOCOL_IP4);
	writer_u8(&w, 6);
	writer_u8(&w, 4);
	writer_u16(&w, arp->operation);
	writer_copy(&w, arp->sender_mac, sizeof(arp->sender_mac));
	writer_u32(&w, arp->sender_ip);
	writer_copy(&w, arp->target_mac, sizeof(arp->target_mac));
	writer_u32(&w, arp->target_ip);
}
