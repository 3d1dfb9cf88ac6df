/*
 * /proc/net/snmp, netstat and sockstat: the fields of Linux in its order. A
 * field whose counter the engine does not have is 0, as one that never was
 * counted.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "proc_file.h"

#define FIELD_MAX 64

/* Fields of one block; prefix makes a counter's name of a field. */
struct block {
	const char *name;
	const char *prefix;
	const char *fields; /* separated by blanks */
};

static const struct block snmp[] = {
	{ "Ip", "Ip",
	  "Forwarding DefaultTTL InReceives InHdrErrors "
	  "InAddrErrors ForwDatagrams InUnknownProtos InDiscards "
	  "InDelivers OutRequests OutDiscards OutNoRoutes "
	  "ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs "
	  "FragFails FragCreates OutTransmits" },
	{ "Icmp", "Icmp",
	  "InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds "
	  "InParmProbs InSrcQuenchs InRedirects InEchos InEchoReps "
	  "InTimestamps InTimestampReps InAddrMasks InAddrMaskReps "
	  "OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost "
	  "OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs "
	  "OutRedirects OutEchos OutEchoReps OutTimestamps "
	  "OutTimestampReps OutAddrMasks OutAddrMaskReps" },
	{ "Tcp", "Tcp",
	  "RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens "
	  "PassiveOpens AttemptFails EstabResets CurrEstab InSegs "
	  "OutSegs RetransSegs InErrs OutRsts InCsumErrors" },
	{ "Udp", "Udp",
	  "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors "
	  "SndbufErrors InCsumErrors IgnoredMulti MemErrors" },
	{ "UdpLite", "UdpLite",
	  "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors "
	  "SndbufErrors InCsumErrors IgnoredMulti MemErrors" },
};

static const struct block netstat[] = {
	{ "TcpExt", "",
	  "SyncookiesSent SyncookiesRecv SyncookiesFailed "
	  "EmbryonicRsts PruneCalled RcvPruned OfoPruned "
	  "OutOfWindowIcmps LockDroppedIcmps ArpFilter TW "
	  "TWRecycled TWKilled PAWSActive PAWSEstab BeyondWindow "
	  "TSEcrRejected PAWSOldAck PAWSTimewait DelayedACKs "
	  "DelayedACKLocked DelayedACKLost ListenOverflows "
	  "ListenDrops TCPHPHits TCPPureAcks TCPHPAcks "
	  "TCPRenoRecovery TCPSackRecovery TCPSACKReneging "
	  "TCPSACKReorder TCPRenoReorder TCPTSReorder TCPFullUndo "
	  "TCPPartialUndo TCPDSACKUndo TCPLossUndo "
	  "TCPLostRetransmit TCPRenoFailures TCPSackFailures "
	  "TCPLossFailures TCPFastRetrans TCPSlowStartRetrans "
	  "TCPTimeouts TCPLossProbes TCPLossProbeRecovery "
	  "TCPRenoRecoveryFail TCPSackRecoveryFail TCPRcvCollapsed "
	  "TCPBacklogCoalesce TCPDSACKOldSent TCPDSACKOfoSent "
	  "TCPDSACKRecv TCPDSACKOfoRecv TCPAbortOnData "
	  "TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout "
	  "TCPAbortOnLinger TCPAbortFailed TCPMemoryPressures "
	  "TCPMemoryPressuresChrono TCPSACKDiscard "
	  "TCPDSACKIgnoredOld TCPDSACKIgnoredNoUndo TCPSpuriousRTOs "
	  "TCPMD5NotFound TCPMD5Unexpected TCPMD5Failure "
	  "TCPSackShifted TCPSackMerged TCPSackShiftFallback "
	  "TCPBacklogDrop PFMemallocDrop TCPMinTTLDrop "
	  "TCPDeferAcceptDrop IPReversePathFilter "
	  "TCPTimeWaitOverflow TCPReqQFullDoCookies TCPReqQFullDrop "
	  "TCPRetransFail TCPRcvCoalesce TCPOFOQueue TCPOFODrop "
	  "TCPOFOMerge TCPChallengeACK TCPSYNChallenge "
	  "TCPFastOpenActive TCPFastOpenActiveFail "
	  "TCPFastOpenPassive TCPFastOpenPassiveFail "
	  "TCPFastOpenListenOverflow TCPFastOpenCookieReqd "
	  "TCPFastOpenBlackhole TCPSpuriousRtxHostQueues "
	  "BusyPollRxPackets TCPAutoCorking TCPFromZeroWindowAdv "
	  "TCPToZeroWindowAdv TCPWantZeroWindowAdv TCPSynRetrans "
	  "TCPOrigDataSent TCPHystartTrainDetect "
	  "TCPHystartTrainCwnd TCPHystartDelayDetect "
	  "TCPHystartDelayCwnd TCPACKSkippedSynRecv "
	  "TCPACKSkippedPAWS TCPACKSkippedSeq TCPACKSkippedFinWait2 "
	  "TCPACKSkippedTimeWait TCPACKSkippedChallenge TCPWinProbe "
	  "TCPKeepAlive TCPMTUPFail TCPMTUPSuccess TCPDelivered "
	  "TCPDeliveredCE TCPAckCompressed TCPZeroWindowDrop "
	  "TCPRcvQDrop TCPWqueueTooBig TCPFastOpenPassiveAltKey "
	  "TcpTimeoutRehash TcpDuplicateDataRehash TCPDSACKRecvSegs "
	  "TCPDSACKIgnoredDubious TCPMigrateReqSuccess "
	  "TCPMigrateReqFailure TCPPLBRehash TCPAORequired TCPAOBad "
	  "TCPAOKeyNotFound TCPAOGood TCPAODroppedIcmps" },
	{ "IpExt", "IpExt",
	  "InNoRoutes InTruncatedPkts InMcastPkts OutMcastPkts "
	  "InBcastPkts OutBcastPkts InOctets OutOctets "
	  "InMcastOctets OutMcastOctets InBcastOctets "
	  "OutBcastOctets InCsumErrors InNoECTPkts InECT1Pkts "
	  "InECT0Pkts InCEPkts ReasmOverlaps" },
	{ "MPTcpExt", "MPTcpExt",
	  "MPCapableSYNRX MPCapableSYNTX MPCapableSYNACKRX "
	  "MPCapableACKRX MPCapableFallbackACK "
	  "MPCapableFallbackSYNACK MPCapableSYNTXDrop "
	  "MPCapableSYNTXDisabled MPCapableEndpAttempt "
	  "MPFallbackTokenInit MPTCPRetrans MPJoinNoTokenFound "
	  "MPJoinSynRx MPJoinSynBackupRx MPJoinSynAckRx "
	  "MPJoinSynAckBackupRx MPJoinSynAckHMacFailure "
	  "MPJoinAckRx MPJoinAckHMacFailure MPJoinRejected "
	  "MPJoinSynTx MPJoinSynTxCreatSkErr MPJoinSynTxBindErr "
	  "MPJoinSynTxConnectErr DSSNotMatching "
	  "DSSCorruptionFallback DSSCorruptionReset InfiniteMapTx "
	  "InfiniteMapRx DSSNoMatchTCP DataCsumErr OFOQueueTail "
	  "OFOQueue OFOMerge NoDSSInWindow DuplicateData AddAddr "
	  "AddAddrTx AddAddrTxDrop EchoAdd EchoAddTx "
	  "EchoAddTxDrop PortAdd AddAddrDrop MPJoinPortSynRx "
	  "MPJoinPortSynAckRx MPJoinPortAckRx MismatchPortSynRx "
	  "MismatchPortAckRx RmAddr RmAddrDrop RmAddrTx "
	  "RmAddrTxDrop RmSubflow MPPrioTx MPPrioRx MPFailTx "
	  "MPFailRx MPFastcloseTx MPFastcloseRx MPRstTx MPRstRx "
	  "SubflowStale SubflowRecover SndWndShared RcvWndShared "
	  "RcvWndConflictUpdate RcvWndConflict MPCurrEstab "
	  "Blackhole MPCapableDataFallback MD5SigFallback "
	  "DssFallback SimultConnectFallback FallbackFailed "
	  "WinProbe" },
};

static const struct block snmp6[] = {
	{ "", "",
	  "Ip6InReceives Ip6InHdrErrors Ip6InTooBigErrors "
	  "Ip6InNoRoutes Ip6InAddrErrors Ip6InUnknownProtos "
	  "Ip6InTruncatedPkts Ip6InDiscards Ip6InDelivers "
	  "Ip6OutForwDatagrams Ip6OutRequests Ip6OutDiscards "
	  "Ip6OutNoRoutes Ip6ReasmTimeout Ip6ReasmReqds Ip6ReasmOKs "
	  "Ip6ReasmFails Ip6FragOKs Ip6FragFails Ip6FragCreates "
	  "Ip6InMcastPkts Ip6OutMcastPkts Ip6InOctets Ip6OutOctets "
	  "Ip6InMcastOctets Ip6OutMcastOctets Ip6InBcastOctets "
	  "Ip6OutBcastOctets Ip6InNoECTPkts Ip6InECT1Pkts "
	  "Ip6InECT0Pkts Ip6InCEPkts Ip6OutTransmits Icmp6InMsgs "
	  "Icmp6InErrors Icmp6OutMsgs Icmp6OutErrors "
	  "Icmp6InCsumErrors Icmp6OutRateLimitHost "
	  "Icmp6InDestUnreachs Icmp6InPktTooBigs Icmp6InTimeExcds "
	  "Icmp6InParmProblems Icmp6InEchos Icmp6InEchoReplies "
	  "Icmp6InGroupMembQueries Icmp6InGroupMembResponses "
	  "Icmp6InGroupMembReductions Icmp6InRouterSolicits "
	  "Icmp6InRouterAdvertisements Icmp6InNeighborSolicits "
	  "Icmp6InNeighborAdvertisements Icmp6InRedirects "
	  "Icmp6InMLDv2Reports Icmp6OutDestUnreachs "
	  "Icmp6OutPktTooBigs Icmp6OutTimeExcds "
	  "Icmp6OutParmProblems Icmp6OutEchos Icmp6OutEchoReplies "
	  "Icmp6OutGroupMembQueries Icmp6OutGroupMembResponses "
	  "Icmp6OutGroupMembReductions Icmp6OutRouterSolicits "
	  "Icmp6OutRouterAdvertisements Icmp6OutNeighborSolicits "
	  "Icmp6OutNeighborAdvertisements Icmp6OutRedirects "
	  "Icmp6OutMLDv2Reports" },
	{ "", "",
	  "Udp6InDatagrams Udp6NoPorts "
	  "Udp6InErrors Udp6OutDatagrams Udp6RcvbufErrors "
	  "Udp6SndbufErrors Udp6InCsumErrors Udp6IgnoredMulti "
	  "Udp6MemErrors UdpLite6InDatagrams UdpLite6NoPorts "
	  "UdpLite6InErrors UdpLite6OutDatagrams UdpLite6RcvbufErrors "
	  "UdpLite6SndbufErrors UdpLite6InCsumErrors "
	  "UdpLite6MemErrors" },
};

/* ------------------------------------------------------------------ values */

static uint64_t size_of(const struct pyt_stack *stack, const char *name)
{
	struct pyt_size size[PYT_SIZES_MAX];
	int count = pyt_sizes_get(stack, size);

	for (int i = 0; i < count; i++)
		if (strcmp(size[i].name, name) == 0)
			return size[i].value;
	return 0;
}

static uint64_t setting(const struct pyt_stack *stack, const char *name)
{
	char text[32] = "";
	unsigned long long value = 0;

	pyt_sysctl_get(stack, name, text, sizeof(text));
	sscanf(text, "%llu", &value);
	return value;
}

static uint64_t counter(const struct pyt_stack *stack, const char *wanted)
{
	const char *name;
	uint64_t value;

	for (int i = 0; pyt_counter_get(stack, i, &name, &value) == 0; i++)
		if (strcmp(name, wanted) == 0)
			return value;
	return 0;
}

/* Fields for which the engine has a counter for each cause. */
static const struct {
	const char *field;
	const char *reason[5]; /* those that there are */
} sums[] = {
	{ "IpInHdrErrors",
	  { "ip4_version", "ip4_header_length", "ip4_checksum",
	    "ip4_bad_option", "ip4_source_route" } },
	{ "IpInAddrErrors", { "ip4_not_ours", "ip4_bad_source" } },
	{ "IpOutDiscards", { "neighbour_queue_full", "iface_queue_full" } },
	{ "IpExtInTruncatedPkts", { "ip4_short", "ip4_length" } },
	{ "IpExtInCsumErrors", { "ip4_checksum" } },
	{ "IpExtReasmOverlaps", { "fragment_overlap" } },
	{ "IcmpInErrors", { "icmp4_checksum", "icmp4_short" } },
	{ "IcmpInCsumErrors", { "icmp4_checksum" } },
	{ "TcpInCsumErrors", { "tcp_checksum" } },
	{ "PAWSEstab", { "tcp_paws" } },
	{ "ArpFilter", { "arp_filtered" } },
	{ "TCPOFODrop", { "tcp_reassembly_full" } },
	{ "Ip6InHdrErrors",
	  { "ip6_version", "ip6_chain_order", "ip6_chain_too_long",
	    "ip6_bad_option", "ip6_routing_header" } },
	{ "Ip6InAddrErrors",
	  { "ip6_not_ours", "ip6_bad_source", "ip6_bad_destination" } },
	{ "Ip6InTruncatedPkts", { "ip6_short", "ip6_chain_short" } },
	{ "Icmp6InCsumErrors", { "icmp6_checksum" } },
};

#define SUMS (sizeof(sums) / sizeof(*sums))

static uint64_t sum_of(const struct pyt_stack *stack, size_t sum)
{
	uint64_t value = 0;

	for (int i = 0; i < 5 && sums[sum].reason[i]; i++)
		value += counter(stack, sums[sum].reason[i]);
	return value;
}

/* Fields that are not one counter. */
static uint64_t value_of(const struct pyt_stack *stack, const char *name)
{
	if (strcmp(name, "IpForwarding") == 0)
		return 2; /* it does not */
	if (strcmp(name, "IpDefaultTTL") == 0)
		return setting(stack, "net.ipv4.ip_default_ttl");
	if (strcmp(name, "TcpRtoAlgorithm") == 0)
		return 1;
	if (strcmp(name, "TcpRtoMin") == 0)
		return setting(stack, "net.ipv4.tcp_rto_min_us") / 1000;
	if (strcmp(name, "TcpRtoMax") == 0)
		return setting(stack, "net.ipv4.tcp_rto_max_ms");
	if (strcmp(name, "TcpCurrEstab") == 0)
		return size_of(stack, "tcp_established") +
		       size_of(stack, "tcp_close_wait");
	for (size_t i = 0; i < SUMS; i++)
		if (strcmp(name, sums[i].field) == 0)
			return sum_of(stack, i);
	return counter(stack, name);
}

static void put_names(struct proc_text *text, const struct block *block)
{
	const char *at = block->fields;

	proc_print(text, "%s:", block->name);
	while (*at) {
		int len = (int)strcspn(at, " ");

		proc_print(text, " %.*s", len, at);
		at += len + (at[len] == ' ');
	}
	proc_print(text, "\n");
}

/* by_line: one a line, with its name; else in one. */
static void each_value(struct proc_text *text, const struct block *block,
		       bool by_line)
{
	const char *at = block->fields;

	while (*at) {
		int len = (int)strcspn(at, " ");
		char name[FIELD_MAX];

		snprintf(name, sizeof(name), "%s%.*s", block->prefix, len, at);
		if (strcmp(name, "TcpMaxConn") == 0)
			proc_print(text, " -1"); /* as many as there may be */
		else if (by_line)
			proc_print(text, "%-32s\t%llu\n", name,
				   (unsigned long long)value_of(
					   text->server->stack, name));
		else
			proc_print(text, " %llu",
				   (unsigned long long)value_of(
					   text->server->stack, name));
		at += len + (at[len] == ' ');
	}
}

static void put_block(struct proc_text *text, const struct block *block)
{
	put_names(text, block);
	proc_print(text, "%s:", block->name);
	each_value(text, block, false);
	proc_print(text, "\n");
}

/* ------------------------------------------------- messages by their type */

/* Linux counts each type apart, and shows those that there were. */
struct message {
	uint8_t type;
	const char *counter;
};

static const struct message icmp_in[] = {
	{ 0, "IcmpInEchoReps" },       { 3, "IcmpInDestUnreachs" },
	{ 4, "IcmpInSrcQuenchs" },     { 5, "IcmpInRedirects" },
	{ 8, "IcmpInEchos" },	       { 11, "IcmpInTimeExcds" },
	{ 12, "IcmpInParmProbs" },     { 13, "IcmpInTimestamps" },
	{ 14, "IcmpInTimestampReps" }, { 17, "IcmpInAddrMasks" },
	{ 18, "IcmpInAddrMaskReps" },
};

static const struct message icmp_out[] = {
	{ 0, "IcmpOutEchoReps" },	{ 3, "IcmpOutDestUnreachs" },
	{ 8, "IcmpOutEchos" },		{ 11, "IcmpOutTimeExcds" },
	{ 12, "IcmpOutParmProbs" },	{ 13, "IcmpOutTimestamps" },
	{ 14, "IcmpOutTimestampReps" },
};

static const struct message icmp6_in[] = {
	{ 1, "Icmp6InDestUnreachs" },
	{ 2, "Icmp6InPktTooBigs" },
	{ 3, "Icmp6InTimeExcds" },
	{ 4, "Icmp6InParmProblems" },
	{ 128, "Icmp6InEchos" },
	{ 129, "Icmp6InEchoReplies" },
	{ 130, "Icmp6InGroupMembQueries" },
	{ 131, "Icmp6InGroupMembResponses" },
	{ 132, "Icmp6InGroupMembReductions" },
	{ 133, "Icmp6InRouterSolicits" },
	{ 134, "Icmp6InRouterAdvertisements" },
	{ 135, "Icmp6InNeighborSolicits" },
	{ 136, "Icmp6InNeighborAdvertisements" },
	{ 137, "Icmp6InRedirects" },
	{ 143, "Icmp6InMLDv2Reports" },
};

static const struct message icmp6_out[] = {
	{ 1, "Icmp6OutDestUnreachs" },
	{ 3, "Icmp6OutTimeExcds" },
	{ 4, "Icmp6OutParmProblems" },
	{ 128, "Icmp6OutEchos" },
	{ 129, "Icmp6OutEchoReplies" },
	{ 131, "Icmp6OutGroupMembResponses" },
	{ 132, "Icmp6OutGroupMembReductions" },
	{ 133, "Icmp6OutRouterSolicits" },
	{ 135, "Icmp6OutNeighborSolicits" },
	{ 136, "Icmp6OutNeighborAdvertisements" },
	{ 143, "Icmp6OutMLDv2Reports" },
};

#define COUNT_OF(table) (sizeof(table) / sizeof(*(table)))

/* values: else names. */
static void put_messages(struct proc_text *text, const struct message *message,
			 size_t count, const char *way, bool values)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value =
			counter(text->server->stack, message[i].counter);

		if (value && values)
			proc_print(text, " %llu", (unsigned long long)value);
		else if (value)
			proc_print(text, " %sType%u", way, message[i].type);
	}
}

static bool has_messages(const struct pyt_stack *stack)
{
	for (size_t i = 0; i < COUNT_OF(icmp_in); i++)
		if (counter(stack, icmp_in[i].counter))
			return true;
	for (size_t i = 0; i < COUNT_OF(icmp_out); i++)
		if (counter(stack, icmp_out[i].counter))
			return true;
	return false;
}

/* Sixteen to a line on Linux: more types than that nobody sees. */
static void put_icmp_messages(struct proc_text *text)
{
	if (!has_messages(text->server->stack))
		return;
	for (int values = 0; values < 2; values++) {
		proc_print(text, "IcmpMsg:");
		put_messages(text, icmp_in, COUNT_OF(icmp_in), "In", values);
		put_messages(text, icmp_out, COUNT_OF(icmp_out), "Out", values);
		proc_print(text, "\n");
	}
}

static void put_messages6(struct proc_text *text, const struct message *message,
			  size_t count, const char *way)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value =
			counter(text->server->stack, message[i].counter);
		char name[FIELD_MAX];

		snprintf(name, sizeof(name), "Icmp6%sType%u", way,
			 message[i].type);
		if (value)
			proc_print(text, "%-32s\t%llu\n", name,
				   (unsigned long long)value);
	}
}

void proc_snmp(struct proc_text *text)
{
	for (size_t i = 0; i < COUNT_OF(snmp); i++) {
		put_block(text, &snmp[i]);
		if (strcmp(snmp[i].name, "Icmp") == 0)
			put_icmp_messages(text);
	}
}

void proc_netstat(struct proc_text *text)
{
	for (size_t i = 0; i < COUNT_OF(netstat); i++)
		put_block(text, &netstat[i]);
}

void proc_snmp6(struct proc_text *text)
{
	each_value(text, &snmp6[0], true);
	put_messages6(text, icmp6_in, COUNT_OF(icmp6_in), "In");
	put_messages6(text, icmp6_out, COUNT_OF(icmp6_out), "Out");
	each_value(text, &snmp6[1], true);
}

/* ---------------------------------------------------------------- sockstat */

struct counts {
	struct server *server;
	int family;
	unsigned all, tcp, orphans, time_wait, allocated, udp, raw;
	uint64_t tcp_bytes, udp_bytes;
};

/* Made for a program that may want one: nobody's yet. */
static bool is_spare(const struct counts *c, const struct pyt_socket_view *view)
{
	const struct endpoint *endpoint =
		view->handle < 0 ? NULL
				 : endpoint_of_handle(c->server, view->handle);

	return endpoint && endpoint->state == ENDPOINT_SPARE;
}

static void count_tcp(struct counts *c, const struct pyt_socket_view *view)
{
	bool is_alive = view->status.tcp_state != TCP_CLOSE;

	if (view->timer == PYT_VIEW_TIMER_TIME_WAIT) {
		c->time_wait++;
		return;
	}
	if (view->status.tcp_state == PYT_VIEW_NEW_SYN_RECV ||
	    is_spare(c, view))
		return;
	c->allocated++;
	c->tcp += is_alive;
	c->orphans += view->handle < 0 && is_alive;
	c->tcp_bytes += view->send_used + view->status.receive_queued;
}

static bool count(void *context, const struct pyt_socket_view *view)
{
	struct counts *c = context;

	c->all += view->handle >= 0 && !is_spare(c, view);
	if (view->status.family != c->family)
		return true;
	if (view->status.type == SOCK_STREAM)
		count_tcp(c, view);
	else if (view->status.type == SOCK_RAW)
		c->raw++;
	else if (view->status.protocol == IPPROTO_UDP)
		c->udp++;
	if (view->status.type == SOCK_DGRAM)
		c->udp_bytes += view->status.receive_queued;
	return true;
}

#define PAGE 4096

static unsigned long long pages(uint64_t bytes)
{
	return (bytes + PAGE - 1) / PAGE;
}

void proc_sockstat(struct proc_text *text)
{
	struct server *server = text->server;
	struct counts c = { server, AF_INET };

	pyt_sockets_visit(server->stack, 0, count, &c, server->now_us);
	proc_print(
		text,
		"sockets: used %u\n"
		"TCP: inuse %u orphan %u tw %u alloc %u mem %llu\n"
		"UDP: inuse %u mem %llu\n"
		"UDPLITE: inuse 0\n"
		"RAW: inuse %u\n"
		"FRAG: inuse 0 memory %llu\n",
		c.all, c.tcp, c.orphans, c.time_wait, c.allocated,
		pages(c.tcp_bytes), c.udp, pages(c.udp_bytes), c.raw,
		(unsigned long long)size_of(server->stack, "fragment_bytes"));
}

void proc_sockstat6(struct proc_text *text)
{
	struct server *server = text->server;
	struct counts c = { server, AF_INET6 };

	pyt_sockets_visit(server->stack, 0, count, &c, server->now_us);
	proc_print(text,
		   "TCP6: inuse %u\n"
		   "UDP6: inuse %u\n"
		   "UDPLITE6: inuse 0\n"
		   "RAW6: inuse %u\n"
		   "FRAG6: inuse 0 memory 0\n",
		   c.tcp, c.udp, c.raw);
}
