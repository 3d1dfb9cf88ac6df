/*
 * One counter for each cause of a drop and for what Linux's SNMP counts. A
 * drop reason is a counter's name: enum counter is what a layer returns,
 * counter_name() what the capture and the log show.
 */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include <stdint.h>

/* X(enumerator, "name"). Rooms add theirs; names are unique. */
#define COUNTER_LIST(X)                                         \
	X(NONE, "none")                                         \
	X(NO_MEMORY, "no_memory")                               \
	X(LINK_SHORT, "link_short")                             \
	X(LINK_OTHER_HOST, "link_other_host")                   \
	X(LINK_UNKNOWN_ETHERTYPE, "link_unknown_ethertype")     \
	X(LINK_BAD_SOURCE, "link_bad_source")                   \
	X(LINK_IFACE, "link_no_such_iface")                     \
	X(IFACE_QUEUE_FULL, "iface_queue_full")                 \
	X(IFACE_DOWN, "iface_down")                             \
	X(NEIGHBOUR_TABLE_FULL, "neighbour_table_full")         \
	X(NEIGHBOUR_QUEUE_FULL, "neighbour_queue_full")         \
	X(NEIGHBOUR_FAILED, "neighbour_failed")                 \
	X(ARP_IN_REQUESTS, "ArpInRequests")                     \
	X(ARP_IN_REPLIES, "ArpInReplies")                       \
	X(ARP_OUT_REQUESTS, "ArpOutRequests")                   \
	X(ARP_OUT_REPLIES, "ArpOutReplies")                     \
	X(ARP_SHORT, "arp_malformed")                           \
	X(ARP_OWN_ECHO, "arp_own_echo")                         \
	X(ARP_BAD_SENDER, "arp_bad_sender")                     \
	X(ARP_OPERATION, "arp_unknown_operation")               \
	X(ARP_CONFLICT, "arp_address_conflict")                 \
	X(ARP_FILTERED, "arp_filtered")                         \
	X(IP_IN_RECEIVES, "IpInReceives")                       \
	X(IP_IN_DELIVERS, "IpInDelivers")                       \
	X(IP_OUT_REQUESTS, "IpOutRequests")                     \
	X(IP_OUT_NO_ROUTES, "IpOutNoRoutes")                    \
	X(IP_REASM_REQDS, "IpReasmReqds")                       \
	X(IP_REASM_OKS, "IpReasmOKs")                           \
	X(IP_REASM_FAILS, "IpReasmFails")                       \
	X(IP_REASM_TIMEOUT, "IpReasmTimeout")                   \
	X(IP_FRAG_OKS, "IpFragOKs")                             \
	X(IP_FRAG_FAILS, "IpFragFails")                         \
	X(IP_FRAG_CREATES, "IpFragCreates")                     \
	X(IP4_SHORT, "ip4_short")                               \
	X(IP4_VERSION, "ip4_version")                           \
	X(IP4_HEADER_LEN, "ip4_header_length")                  \
	X(IP4_CHECKSUM, "ip4_checksum")                         \
	X(IP4_LENGTH, "ip4_length")                             \
	X(IP4_BAD_SOURCE, "ip4_bad_source")                     \
	X(IP4_SOURCE_OURS, "ip4_source_is_ours")                \
	X(IP4_LOOPBACK_ON_LINK, "ip4_loopback_on_link")         \
	X(IP4_NOT_OURS, "ip4_not_ours")                         \
	X(IP4_NO_MEMBER, "ip4_group_not_joined")                \
	X(IP4_LINK_BROADCAST, "ip4_unicast_in_link_broadcast")  \
	X(IP4_BAD_OPTION, "ip4_bad_option")                     \
	X(IP4_SOURCE_ROUTE, "ip4_source_route")                 \
	X(IP6_IN_RECEIVES, "Ip6InReceives")                     \
	X(IP6_IN_DELIVERS, "Ip6InDelivers")                     \
	X(IP6_OUT_REQUESTS, "Ip6OutRequests")                   \
	X(IP6_REASM_REQDS, "Ip6ReasmReqds")                     \
	X(IP6_REASM_OKS, "Ip6ReasmOKs")                         \
	X(IP6_REASM_FAILS, "Ip6ReasmFails")                     \
	X(IP6_REASM_TIMEOUT, "Ip6ReasmTimeout")                 \
	X(IP6_FRAG_OKS, "Ip6FragOKs")                           \
	X(IP6_FRAG_FAILS, "Ip6FragFails")                       \
	X(IP6_FRAG_CREATES, "Ip6FragCreates")                   \
	X(IP6_SHORT, "ip6_short")                               \
	X(IP6_VERSION, "ip6_version")                           \
	X(IP6_JUMBO, "ip6_jumbogram")                           \
	X(IP6_DISABLED, "ip6_disabled")                         \
	X(IP6_BAD_SOURCE, "ip6_bad_source")                     \
	X(IP6_BAD_DESTINATION, "ip6_bad_destination")           \
	X(IP6_SOURCE_OURS, "ip6_source_is_ours")                \
	X(IP6_LOOPBACK_ON_LINK, "ip6_loopback_on_link")         \
	X(IP6_NOT_OURS, "ip6_not_ours")                         \
	X(IP6_NO_MEMBER, "ip6_group_not_joined")                \
	X(IP6_CHAIN_SHORT, "ip6_chain_short")                   \
	X(IP6_CHAIN_TOO_LONG, "ip6_chain_too_long")             \
	X(IP6_CHAIN_ORDER, "ip6_chain_order")                   \
	X(IP6_ROUTING_HEADER, "ip6_routing_header")             \
	X(IP6_BAD_OPTION, "ip6_bad_option")                     \
	X(IP6_NO_NEXT_HEADER, "ip6_no_next_header")             \
	X(IP6_FIRST_FRAGMENT, "ip6_first_fragment_incomplete")  \
	X(ICMP6_IN_MSGS, "Icmp6InMsgs")                         \
	X(ICMP6_IN_ERRORS, "Icmp6InErrors")                     \
	X(ICMP6_IN_DEST_UNREACHS, "Icmp6InDestUnreachs")        \
	X(ICMP6_IN_PKT_TOO_BIGS, "Icmp6InPktTooBigs")           \
	X(ICMP6_IN_TIME_EXCDS, "Icmp6InTimeExcds")              \
	X(ICMP6_IN_PARM_PROBLEMS, "Icmp6InParmProblems")        \
	X(ICMP6_IN_ECHOS, "Icmp6InEchos")                       \
	X(ICMP6_IN_ECHO_REPLIES, "Icmp6InEchoReplies")          \
	X(ICMP6_IN_RS, "Icmp6InRouterSolicits")                 \
	X(ICMP6_IN_RA, "Icmp6InRouterAdvertisements")           \
	X(ICMP6_IN_NS, "Icmp6InNeighborSolicits")               \
	X(ICMP6_IN_NA, "Icmp6InNeighborAdvertisements")         \
	X(ICMP6_IN_REDIRECTS, "Icmp6InRedirects")               \
	X(ICMP6_OUT_MSGS, "Icmp6OutMsgs")                       \
	X(ICMP6_OUT_DEST_UNREACHS, "Icmp6OutDestUnreachs")      \
	X(ICMP6_OUT_TIME_EXCDS, "Icmp6OutTimeExcds")            \
	X(ICMP6_OUT_PARM_PROBLEMS, "Icmp6OutParmProblems")      \
	X(ICMP6_OUT_ECHO_REPLIES, "Icmp6OutEchoReplies")        \
	X(ICMP6_OUT_NS, "Icmp6OutNeighborSolicits")             \
	X(ICMP6_OUT_NA, "Icmp6OutNeighborAdvertisements")       \
	X(ICMP6_SHORT, "icmp6_short")                           \
	X(ICMP6_CHECKSUM, "icmp6_checksum")                     \
	X(ICMP6_ECHO_IGNORED, "icmp6_echo_ignored")             \
	X(ICMP6_QUOTE, "icmp6_bad_quote")                       \
	X(ND_HOP_LIMIT, "nd_hop_limit")                         \
	X(ND_MALFORMED, "nd_malformed")                         \
	X(ND_FRAGMENTED, "nd_fragmented")                       \
	X(ND_BAD_SOURCE, "nd_bad_source")                       \
	X(ND_BAD_TARGET, "nd_bad_target")                       \
	X(ND_NOT_FOR_US, "nd_not_for_us")                       \
	X(ND_UNKNOWN_NEIGHBOUR, "nd_unknown_neighbour")         \
	X(ND_NO_LINK_ADDRESS, "nd_no_link_address")             \
	X(ND_CONFLICT, "nd_address_conflict")                   \
	X(ND_LOOPED_BACK, "nd_looped_back")                     \
	X(ND_BAD_REDIRECT, "nd_bad_redirect")                   \
	X(ND_REDIRECT_IGNORED, "nd_redirect_ignored")           \
	X(FRAGMENT_LENGTH, "fragment_length")                   \
	X(FRAGMENT_TOO_BIG, "fragment_too_big")                 \
	X(FRAGMENT_TINY, "fragment_tiny")                       \
	X(FRAGMENT_OVERLAP, "fragment_overlap")                 \
	X(FRAGMENT_ECN, "fragment_ecn")                         \
	X(FRAGMENT_COUNT, "fragment_too_many")                  \
	X(FRAGMENT_MEMORY, "fragment_memory")                   \
	X(FRAGMENT_DISTANCE, "fragment_distance")               \
	X(FRAGMENT_DUPLICATE, "fragment_duplicate")             \
	X(ICMP_IN_MSGS, "IcmpInMsgs")                           \
	X(ICMP_IN_ECHOS, "IcmpInEchos")                         \
	X(ICMP_IN_ECHO_REPS, "IcmpInEchoReps")                  \
	X(ICMP_IN_DEST_UNREACHS, "IcmpInDestUnreachs")          \
	X(ICMP_IN_TIME_EXCDS, "IcmpInTimeExcds")                \
	X(ICMP_IN_PARM_PROBS, "IcmpInParmProbs")                \
	X(ICMP_IN_REDIRECTS, "IcmpInRedirects")                 \
	X(ICMP_IN_TIMESTAMPS, "IcmpInTimestamps")               \
	X(ICMP_OUT_MSGS, "IcmpOutMsgs")                         \
	X(ICMP_OUT_ECHO_REPS, "IcmpOutEchoReps")                \
	X(ICMP_OUT_DEST_UNREACHS, "IcmpOutDestUnreachs")        \
	X(ICMP_OUT_TIME_EXCDS, "IcmpOutTimeExcds")              \
	X(ICMP_OUT_PARM_PROBS, "IcmpOutParmProbs")              \
	X(ICMP_OUT_RATE_LIMIT_HOST, "IcmpOutRateLimitHost")     \
	X(ICMP_OUT_RATE_LIMIT_GLOBAL, "IcmpOutRateLimitGlobal") \
	X(ICMP_OUT_SUPPRESSED, "icmp_error_suppressed")         \
	X(ICMP4_SHORT, "icmp4_short")                           \
	X(ICMP4_CHECKSUM, "icmp4_checksum")                     \
	X(ICMP4_ECHO_IGNORED, "icmp4_echo_ignored")             \
	X(ICMP4_DEPRECATED, "icmp4_deprecated")                 \
	X(ICMP4_QUOTE, "icmp4_bad_quote")                       \
	X(ICMP4_REDIRECT_IGNORED, "icmp4_redirect_ignored")     \
	X(ICMP4_BROADCAST, "icmp4_error_to_broadcast")          \
	X(ICMP4_UNKNOWN_CODE, "icmp4_unknown_code")             \
	X(IGMP_IN, "IgmpInMsgs")                                \
	X(IGMP_OUT, "IgmpOutMsgs")                              \
	X(IGMP_MALFORMED, "igmp_malformed")                     \
	X(IGMP_MISDIRECTED, "igmp_misdirected")                 \
	X(MLD_IN, "MldInMsgs")                                  \
	X(MLD_OUT, "MldOutMsgs")                                \
	X(MLD_MALFORMED, "mld_malformed")                       \
	X(MLD_NOT_OF_LINK, "mld_not_of_link")                   \
	X(UDP_IN_DATAGRAMS, "UdpInDatagrams")                   \
	X(UDP_OUT_DATAGRAMS, "UdpOutDatagrams")                 \
	X(UDP_NO_PORTS, "UdpNoPorts")                           \
	X(UDP_IN_ERRORS, "UdpInErrors")                         \
	X(UDP_RCVBUF_ERRORS, "UdpRcvbufErrors")                 \
	X(UDP_SNDBUF_ERRORS, "UdpSndbufErrors")                 \
	X(UDP_IGNORED_MULTI, "UdpIgnoredMulti")                 \
	X(TCP_IN_SEGS, "TcpInSegs")                             \
	X(TCP_OUT_SEGS, "TcpOutSegs")                           \
	X(TCP_OUT_RSTS, "TcpOutRsts")                           \
	X(TCP_IN_ERRS, "TcpInErrs")                             \
	X(TCP_ABORT_ON_CLOSE_LIMIT, "TCPAbortOnMemory")         \
	X(TCP_MD5_NOT_FOUND, "TCPMD5NotFound")                  \
	X(TCP_MD5_UNEXPECTED, "TCPMD5Unexpected")               \
	X(TCP_MD5_FAILURE, "TCPMD5Failure")                     \
	X(TCP_AO_REQUIRED, "TCPAORequired")                     \
	X(TCP_AO_BAD, "TCPAOBad")                               \
	X(TCP_AO_KEY_NOT_FOUND, "TCPAOKeyNotFound")             \
	X(TCP_AO_DROPPED_ICMPS, "TCPAODroppedIcmps")            \
	X(TCP_AUTH_OPTIONS, "tcp_auth_options")                 \
	X(TCP_TIME_WAIT_OVERFLOW, "TCPTimeWaitOverflow")        \
	X(TCP_LOSS_PROBES, "TCPLossProbes")                     \
	X(TCP_LOSS_PROBE_RECOVERY, "TCPLossProbeRecovery")      \
	X(TCP_ACK_COMPRESSED, "TCPAckCompressed")               \
	X(TCP_TIMEOUTS, "TCPTimeouts")                          \
	X(TCP_CHALLENGE_ACK, "TCPChallengeACK")                 \
	X(TCP_SYN_CHALLENGE, "TCPSYNChallenge")                 \
	X(TCP_ACK_SKIPPED_CHALLENGE, "TCPACKSkippedChallenge")  \
	X(TCP_ACK_SKIPPED_PAWS, "TCPACKSkippedPAWS")            \
	X(TCP_MTUP_SUCCESS, "TCPMTUPSuccess")                   \
	X(TCP_MTUP_FAIL, "TCPMTUPFail")                         \
	X(TCP_OUT_OF_WINDOW_ICMPS, "OutOfWindowIcmps")          \
	X(TCP_PMTU_DEFERRED, "tcp_pmtu_deferred")               \
	X(TCP_MEMORY_PRESSURES, "TCPMemoryPressures")           \
	X(TCP_RCVQ_DROP, "TCPRcvQDrop")                         \
	X(TCP_ACK_SKIPPED_SEQ, "TCPACKSkippedSeq")              \
	X(TCP_LISTEN_OVERFLOWS, "ListenOverflows")              \
	X(TCP_LISTEN_DROPS, "ListenDrops")                      \
	X(TCP_EMBRYONIC_RSTS, "EmbryonicRsts")                  \
	X(TCP_REQ_Q_FULL_DO_COOKIES, "TCPReqQFullDoCookies")    \
	X(TCP_REQ_Q_FULL_DROP, "TCPReqQFullDrop")               \
	X(TCP_SYNCOOKIES_SENT, "SyncookiesSent")                \
	X(TCP_SYNCOOKIES_RECV, "SyncookiesRecv")                \
	X(TCP_SYNCOOKIES_FAILED, "SyncookiesFailed")            \
	X(TCP_DEFER_ACCEPT_DROP, "TCPDeferAcceptDrop")          \
	X(TCP_RETRANS_SEGS, "TcpRetransSegs")                   \
	X(TCP_FAST_RETRANS, "TCPFastRetrans")                   \
	X(TCP_SLOW_START_RETRANS, "TCPSlowStartRetrans")        \
	X(TCP_LOST_RETRANSMIT, "TCPLostRetransmit")             \
	X(TCP_SYN_RETRANS, "TCPSynRetrans")                     \
	X(TCP_SACK_RECOVERY, "TCPSackRecovery")                 \
	X(TCP_RENO_RECOVERY, "TCPRenoRecovery")                 \
	X(TCP_SACK_RECOVERY_FAIL, "TCPSackRecoveryFail")        \
	X(TCP_RENO_RECOVERY_FAIL, "TCPRenoRecoveryFail")        \
	X(TCP_SACK_FAILURES, "TCPSackFailures")                 \
	X(TCP_RENO_FAILURES, "TCPRenoFailures")                 \
	X(TCP_LOSS_FAILURES, "TCPLossFailures")                 \
	X(TCP_SACK_RENEGING, "TCPSACKReneging")                 \
	X(TCP_SACK_REORDER, "TCPSACKReorder")                   \
	X(TCP_RENO_REORDER, "TCPRenoReorder")                   \
	X(TCP_TS_REORDER, "TCPTSReorder")                       \
	X(TCP_SACK_DISCARD, "TCPSACKDiscard")                   \
	X(TCP_WQUEUE_TOO_BIG, "TCPWqueueTooBig")                \
	X(TCP_DSACK_OLD_SENT, "TCPDSACKOldSent")                \
	X(TCP_DSACK_OFO_SENT, "TCPDSACKOfoSent")                \
	X(TCP_DSACK_RECV, "TCPDSACKRecv")                       \
	X(TCP_DSACK_OFO_RECV, "TCPDSACKOfoRecv")                \
	X(TCP_DSACK_IGNORED_DUBIOUS, "TCPDSACKIgnoredDubious")  \
	X(TCP_DSACK_UNDO, "TCPDSACKUndo")                       \
	X(TCP_FULL_UNDO, "TCPFullUndo")                         \
	X(TCP_PARTIAL_UNDO, "TCPPartialUndo")                   \
	X(TCP_LOSS_UNDO, "TCPLossUndo")                         \
	X(TCP_SPURIOUS_RTOS, "TCPSpuriousRTOs")                 \
	X(TCP_TW, "TW")                                         \
	X(TCP_TW_RECYCLED, "TWRecycled")                        \
	X(TCP_TW_KILLED, "TWKilled")                            \
	X(TCP_PAWS_TIME_WAIT, "PAWSTimewait")                   \
	X(TCP_ACK_SKIPPED_TIME_WAIT, "TCPACKSkippedTimeWait")   \
	X(TCP_TFO_ACTIVE, "TCPFastOpenActive")                  \
	X(TCP_TFO_ACTIVE_FAIL, "TCPFastOpenActiveFail")         \
	X(TCP_TFO_PASSIVE, "TCPFastOpenPassive")                \
	X(TCP_TFO_PASSIVE_FAIL, "TCPFastOpenPassiveFail")       \
	X(TCP_TFO_ALT_KEY, "TCPFastOpenPassiveAltKey")          \
	X(TCP_TFO_OVERFLOW, "TCPFastOpenListenOverflow")        \
	X(TCP_TFO_COOKIE_REQD, "TCPFastOpenCookieReqd")         \
	X(TCP_TFO_BLACKHOLE, "TCPFastOpenBlackhole")            \
	X(TCP_REPEATED_SYN, "tcp_repeated_syn")                 \
	X(UDP_SHORT, "udp_short")                               \
	X(UDP_LENGTH, "udp_length")                             \
	X(UDP_CHECKSUM, "udp_checksum")                         \
	X(UDP_NO_SOCKET, "udp_no_socket")                       \
	X(UDP_QUEUE_FULL, "udp_queue_full")                     \
	X(RAW_QUEUE_FULL, "raw_queue_full")                     \
	X(PING_SHORT, "ping_short")                             \
	X(PING_NO_SOCKET, "ping_no_socket")                     \
	X(PING_QUEUE_FULL, "ping_queue_full")                   \
	X(TCP_SHORT, "tcp_short")                               \
	X(TCP_CHECKSUM, "tcp_checksum")                         \
	X(TCP_MIN_TTL, "TCPMinTTLDrop")                         \
	X(TCP_NOT_UNICAST, "tcp_not_unicast")                   \
	X(TCP_NO_SOCKET, "tcp_no_socket")                       \
	X(TCP_CLOSED, "tcp_closed")                             \
	X(TCP_ILLEGAL_TRANSITION, "tcp_illegal_transition")     \
	X(TCP_PAWS, "tcp_paws")                                 \
	X(TCP_OUT_OF_WINDOW, "tcp_out_of_window")               \
	X(TCP_RESET, "tcp_reset")                               \
	X(TCP_BAD_RST, "tcp_bad_rst")                           \
	X(TCP_CHALLENGED_SYN, "tcp_challenged_syn")             \
	X(TCP_BAD_ACK, "tcp_bad_ack")                           \
	X(TCP_NO_ACK, "tcp_no_ack")                             \
	X(TCP_NO_SYN, "tcp_no_syn")                             \
	X(TCP_DATA_AFTER_CLOSE, "tcp_data_after_close")         \
	X(TCP_REASSEMBLY_FULL, "tcp_reassembly_full")           \
	X(PROTOCOL_UNKNOWN, "protocol_unknown")                 \
	X(ICMP_ERROR_SHORT, "icmp_error_short")                 \
	X(ICMP_ERROR_NO_SOCKET, "icmp_error_no_socket")         \
	X(ERROR_QUEUE_FULL, "error_queue_full")                 \
	X(LOOPBACK_TOO_LONG, "loopback_too_long")               \
	X(OUTPUT_UNROUTABLE, "output_unroutable")               \
	X(AUTOCONF_FULL, "autoconf_result_has_no_room")         \
	X(AUTOCONF_EVENT_LOST, "autoconf_event_lost")           \
	X(DHCP6_MALFORMED, "dhcp6_malformed")                   \
	X(DHCP6_OTHER_EXCHANGE, "dhcp6_other_exchange")         \
	X(DHCP6_UNEXPECTED, "dhcp6_unexpected")                 \
	X(DHCP6_DECLINES, "Dhcp6Declines")                      \
	X(DHCP6_CONFIRMED, "Dhcp6Confirmed")                    \
	X(DHCP6_RECONFIGURES, "Dhcp6Reconfigures")              \
	X(DHCP6_UNAUTHENTIC, "dhcp6_unauthentic")               \
	X(RA_NOT_WANTED, "ra_not_wanted")                       \
	X(RA_BAD_MTU, "ra_bad_mtu")                             \
	X(DHCP4_MALFORMED, "dhcp4_malformed")                   \
	X(DHCP4_OTHER_EXCHANGE, "dhcp4_other_exchange")         \
	X(DHCP4_UNEXPECTED, "dhcp4_unexpected")                 \
	X(DHCP4_BAD_LEASE, "dhcp4_lease_unusable")              \
	X(DHCP4_NAKS, "Dhcp4Naks")                              \
	X(DHCP4_DECLINES, "Dhcp4Declines")                      \
	X(DHCP4_SAME_LINK, "Dhcp4SameLink")                     \
	X(LINKLOCAL4_CONFLICTS, "LinkLocal4Conflicts")          \
	X(REDIRECTS_TAKEN, "RedirectsTaken")                    \
	X(REDIRECTS_FULL, "redirects_full")

enum counter {
#define X(enumerator, name) COUNTER_##enumerator,
	COUNTER_LIST(X)
#undef X
		COUNTERS
};

struct counters {
	uint64_t value[COUNTERS];
};

const char *counter_name(enum counter counter);

/* Counts and hands the reason on: return counter_hit(c, COUNTER_...); */
static inline enum counter counter_hit(struct counters *counters,
				       enum counter counter)
{
	counters->value[counter]++;
	return counter;
}

#endif
