#include "unit.h"

#include <string.h>

#include "tcp/tcp_auth_mac.h"

#define MASTER "testvector"

/* RFC 9235: IP packets, traffic keys and whether options are covered. */
struct vector {
	const char *packet, *traffic_key;
	enum tcp_ao_algorithm algorithm;
	bool covers_options;
	uint32_t src_isn, dst_isn;
};

static const struct vector vectors[] = {
	/* 4.1.1 */
	{ "45e0004cdd0f4000ff06bf6b0a0b0c0dac1b1c1d"
	  "e9d700b3fbfbab5a00000000e002ffffcac40000"
	  "020405b4010303080402080a00155ab700000000"
	  "1d103d542ee437c6f8ede6d7c4d602e7",
	  "6d63ef1b02fe1509d4b1402707fd7b0416abb74f", TCP_AO_HMAC_SHA1, true,
	  0xfbfbab5a, 0 },
	/* 4.1.2 */
	{ "45e0004c65064000ff063775ac1b1c1d0a0b0c0d"
	  "00b3e9d711c14261fbfbab5be012ffff37760000"
	  "020405b4010303080402080a84a50beb00155ab7"
	  "1d10543deeab0fe24c3010815116b3be",
	  "d9e217e4834a80ca2f3fd8de2e41b8e6797fea96", TCP_AO_HMAC_SHA1, true,
	  0x11c14261, 0xfbfbab5a },
	/* 4.1.3 */
	{ "45e0008736a14000ff06659f0a0b0c0dac1b1c1d"
	  "e9d700b3fbfbab5b11c14262c0180104a1620000"
	  "0101080a00155ac184a50beb1d103d547064cf99"
	  "8cc6c315c2c2e2bfffffffffffffffffffffffff"
	  "ffffffff00430104dabf00b40a0b0c0d26020601"
	  "0400010001020280000202020002024200020641"
	  "040000dabf02084006006400010100",
	  "d2e59c65ffc7b1a39347656463b70edc24a13d71", TCP_AO_HMAC_SHA1, true,
	  0xfbfbab5a, 0x11c14261 },
	/* 4.2.1 */
	{ "45e0004c53994000ff0648e20a0b0c0dac1b1c1d"
	  "ff1200b3cb0efbee00000000e002ffff541f0000"
	  "020405b4010303080402080a00024cce00000000"
	  "1d103d5480af3cfeb85368937b8f9ec2",
	  "30eaa1560cf0be57dab5c045229fb10a423cd7ea", TCP_AO_HMAC_SHA1, false,
	  0xcb0efbee, 0 },
	/* 4.2.3 */
	{ "45e00087a8f54000ff06f34a0a0b0c0dac1b1c1d"
	  "ff1200b3cb0efbefacd5b5e2c01801046c450000"
	  "0101080a00024cce576772f31d103d54710608cc"
	  "696c03a271c93aa5ffffffffffffffffffffffff"
	  "ffffffff00430104dabf00b40a0b0c0d26020601"
	  "0400010001020280000202020002024200020641"
	  "040000dabf02084006006400010100",
	  "f3db1793d7910ecd806c34f155ea1f00345953e3", TCP_AO_HMAC_SHA1, false,
	  0xcb0efbee, 0xacd5b5e1 },
	/* 5.1.1 */
	{ "45e0004c7b9f4000ff0620dc0a0b0c0dac1b1c1d"
	  "c4fa00b3787a1ddf00000000e002ffff5a0f0000"
	  "020405b4010303080402080a00017ed000000000"
	  "1d103d54e477e99c8040765498e55091",
	  "f5b8b3d5f34fdbb6eb8d4ab9660e60e3", TCP_AO_CMAC_AES128, true,
	  0x787a1ddf, 0 },
	/* 5.1.2 */
	{ "45e0004c4bad4000ff0650ceac1b1c1d0a0b0c0d"
	  "00b3c4fafadd6de9787a1de0e012fffff3f20000"
	  "020405b4010303080402080a93f4e9e800017ed0"
	  "1d10543dd6ada7bc4cdd536d1769db5f",
	  "4bc7571a486f3264bbd888474066b4b1", TCP_AO_CMAC_AES128, true,
	  0xfadd6de9, 0x787a1ddf },
	/* 5.1.3 */
	{ "45e00087fb4f4000ff06a0f00a0b0c0dac1b1c1d"
	  "c4fa00b3787a1de0fadd6deac018010495050000"
	  "0101080a00017ed093f4e9e81d103d5477412742"
	  "fa4dc433eff0973effffffffffffffffffffffff"
	  "ffffffff00430104dabf00b40a0b0c0d26020601"
	  "0400010001020280000202020002024200020641"
	  "040000dabf02084006006400010100",
	  "8c8ae0e8371ec5cbb97ea79d90418391", TCP_AO_CMAC_AES128, true,
	  0x787a1ddf, 0xfadd6de9 },
	/* 5.2.1 */
	{ "45e0004cf22e4000ff06aa4c0a0b0c0dac1b1c1d"
	  "da1c00b3389bed7100000000e002ffff70bf0000"
	  "020405b4010303080402080a000185e100000000"
	  "1d103d54c44e60cb31f7c0b1de3d2749",
	  "2cdbae1392c49449fa92c4509735d50e", TCP_AO_CMAC_AES128, false,
	  0x389bed71, 0 },
	/* 6.1.1 */
	{ "6e0891dc00380640fd000000000000000000000000000001"
	  "fd000000000000000000000000000002"
	  "f7e400b3176a833f00000000e002ffff47210000"
	  "020405a0010303080402080a0041d08700000000"
	  "1d103d549033ec3d7334b64c5edd039f",
	  "625ec09d575836edc9b6428418bbf06989a361bb", TCP_AO_HMAC_SHA1, true,
	  0x176a833f, 0 },
	/* 6.1.3 */
	{ "6e0891dc00730640fd000000000000000000000000000001"
	  "fd000000000000000000000000000002"
	  "f7e400b3176a83403f51994cc0180100329c0000"
	  "0101080a0041d091bd33129b1d103d54bf0805fe"
	  "b4ac7b163d6fcdf2ffffffffffffffffffffffff"
	  "ffffffff00430104fde800b40101017926020601"
	  "0400010001020280000202020002024200020641"
	  "040000fde802084006006400010100",
	  "1ed82975f4ea444c61580c5bd90dbd61bbc91b7e", TCP_AO_HMAC_SHA1, true,
	  0x176a833f, 0x3f51994b },
};

#define VECTORS ((int)(sizeof(vectors) / sizeof(*vectors)))

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static uint32_t from_hex(const char *text, uint8_t *bytes)
{
	uint32_t len = 0;

	for (; *text; text++) {
		if (*text == ' ')
			continue;
		bytes[len++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
		text++;
	}
	return len;
}

/* The segment in an IP packet; the MAC is option 29's, at the end here. */
static struct tcp_auth_message message_in(const uint8_t *packet, uint32_t len,
					  struct iovec *payload,
					  struct tcp_header *header)
{
	bool v4 = packet[0] >> 4 == 4;
	uint32_t ip_len = v4 ? 20 : 40;
	struct reader r = reader_init(packet + ip_len, len - ip_len);
	struct tcp_auth_message message = { .header = packet + ip_len };

	if (v4) {
		message.src = pyt_ip_from_v4(0);
		message.dst = message.src;
		memcpy(message.src.bytes + 12, packet + 12, 4);
		memcpy(message.dst.bytes + 12, packet + 16, 4);
	} else {
		memcpy(message.src.bytes, packet + 8, 16);
		memcpy(message.dst.bytes, packet + 24, 16);
	}
	ck_assert(tcp_header_parse(&r, header));
	ck_assert_int_eq(header->auth.kind, TCP_AUTH_AO);
	ck_assert_uint_eq(header->auth.count, 1);
	message.header_len = (uint32_t)(r.at - message.header);
	message.mac_at = header->auth.at;
	message.mac_len = header->auth.mac_len;
	payload->iov_base = (void *)r.at;
	payload->iov_len = r.left;
	message.payload = payload;
	message.payload_count = 1;
	message.payload_len = (uint32_t)r.left;
	return message;
}

static void check_vector(const struct vector *v)
{
	uint8_t packet[256], expected[32], mac[TCP_MAC_LEN_MAX];
	uint32_t len = from_hex(v->packet, packet);
	struct tcp_ao_traffic_key key;
	struct tcp_auth_message message;
	struct tcp_header header;
	struct iovec payload;

	message = message_in(packet, len, &payload, &header);
	key = tcp_ao_traffic_key(
		v->algorithm, (const uint8_t *)MASTER, strlen(MASTER),
		&(struct tcp_ao_context){ .src = message.src,
					  .dst = message.dst,
					  .src_port = header.src_port,
					  .dst_port = header.dst_port,
					  .src_isn = v->src_isn,
					  .dst_isn = v->dst_isn });
	ck_assert_uint_eq(key.len, from_hex(v->traffic_key, expected));
	ck_assert_mem_eq(key.bytes, expected, key.len);

	tcp_ao_mac(v->algorithm, &key, 0, &message, v->covers_options, mac);
	ck_assert_uint_eq(message.mac_len, 12);
	ck_assert_mem_eq(mac, message.header + message.mac_at, 12);
}
START_TEST(keys_and_macs_are_those_of_rfc_9235)
{
	for (int i = 0; i < VECTORS; i++)
		check_vector(&vectors[i]);
}
END_TEST

START_TEST(options_behind_the_mac_are_covered_unless_they_are_left_out)
{
	struct tcp_header header = { .flags = TCP_ACK,
				     .has_timestamp = true,
				     .auth = { .kind = TCP_AUTH_AO,
					       .mac_len = 12 } };
	uint8_t bytes[TCP_HEADER_LEN_MAX];
	struct tcp_auth_message message = {
		.src = pyt_ip_from_v4(1),
		.dst = pyt_ip_from_v4(2),
		.header = bytes,
		.header_len = (uint32_t)tcp_header_build(&header, bytes),
		.mac_at = TCP_HEADER_MAC_OFFSET,
		.mac_len = 12,
	};
	struct tcp_ao_traffic_key key = { .len = 16 };
	uint8_t before[2][TCP_MAC_LEN_MAX], after[2][TCP_MAC_LEN_MAX];

	for (int i = 0; i < 2; i++)
		tcp_ao_mac(TCP_AO_CMAC_AES128, &key, 0, &message, i, before[i]);
	bytes[message.header_len - 1] ^= 1;
	for (int i = 0; i < 2; i++)
		tcp_ao_mac(TCP_AO_CMAC_AES128, &key, 0, &message, i, after[i]);
	ck_assert_mem_eq(before[0], after[0], 12);
	ck_assert_mem_ne(before[1], after[1], 12);
}
END_TEST

START_TEST(the_extension_of_the_number_is_covered)
{
	uint8_t packet[256], a[TCP_MAC_LEN_MAX], b[TCP_MAC_LEN_MAX];
	uint32_t len = from_hex(vectors[0].packet, packet);
	struct tcp_ao_traffic_key key = { .len = 20 };
	struct tcp_header header;
	struct iovec payload;
	struct tcp_auth_message message =
		message_in(packet, len, &payload, &header);

	tcp_ao_mac(TCP_AO_HMAC_SHA1, &key, 0, &message, true, a);
	tcp_ao_mac(TCP_AO_HMAC_SHA1, &key, 1, &message, true, b);
	ck_assert_mem_ne(a, b, 12);
}
END_TEST

/*
 * RFC 2385, 2.0, done by hand: MD5 of 0a000001 0a000002 0006 0029 (20 of the
 * header, 20 of options, 1 of data), the header with a zero checksum, "x",
 * "key"; what openssl says of it.
 */
START_TEST(the_md5_digest_is_over_what_rfc_2385_lists)
{
	static const uint8_t expected[TCP_MD5_LEN] = {
		0xde, 0x3b, 0x99, 0x9f, 0x35, 0xad, 0xde, 0x83,
		0xfb, 0xd2, 0xf0, 0x7c, 0x7b, 0xa6, 0xa6, 0x7d,
	};
	uint8_t header[40] = { 0x9c, 0x40, 0x00, 0x50, 0,    0,	   0,	 1,
			       0,    0,	   0,	 2,    0xa0, 0x18, 0x10, 0,
			       0xaa, 0xbb, 0,	 0,    1,    1,	   19,	 18 };
	struct iovec payload = { "x", 1 };
	struct tcp_auth_message message = {
		.src = pyt_ip_from_v4(0x0a000001),
		.dst = pyt_ip_from_v4(0x0a000002),
		.header = header,
		.header_len = sizeof(header),
		.payload = &payload,
		.payload_count = 1,
		.payload_len = 1,
	};
	uint8_t digest[TCP_MD5_LEN];

	tcp_auth_md5(&message, (const uint8_t *)"key", 3, digest);
	ck_assert_mem_eq(digest, expected, sizeof(digest));
}
END_TEST

UNIT_MAIN("tcp_auth_mac", keys_and_macs_are_those_of_rfc_9235,
	  options_behind_the_mac_are_covered_unless_they_are_left_out,
	  the_extension_of_the_number_is_covered,
	  the_md5_digest_is_over_what_rfc_2385_lists)
