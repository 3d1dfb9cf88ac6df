"""The scenarios of scripts/capture: who does what on the wire."""
import network
from network import PEER4, PEER6, STACK4, STACK6

SCENARIOS = {}


def scenario(name, ip6=False):
    """The function's first line of documentation is what --list shows."""
    def add(function):
        SCENARIOS[name] = (function, ip6)
        return function
    return add


# ------------------------------------------------------------------- addresses

@scenario('boot', ip6=True)
def boot(stage):
    """A stack starts: how it gets its addresses, until all are its own."""
    stage.network.serve('discard')
    stage.wait_for_wire('arp.isannouncement', 2)


@scenario('arp-acd')
def arp_acd(stage):
    """Probes and announcements of an address; then a neighbour claims it."""
    stage.network.serve('discard', '-4')
    stage.shown = 'arp'
    stage.wait_for_wire('arp.isannouncement', 2)
    stage.script('claim.py', network.TAP, STACK4)
    stage.network.wait_for_log('is also used by')
    stage.wait_for_wire('arp.isannouncement', 4)


def dnsmasq(stage, *options):
    """A server of addresses on the peer; it logs what it does."""
    net = stage.network
    net.start(net.peer(
        'dnsmasq', '-d', '-C', '/dev/null', '--no-ping', '--log-dhcp',
        '--dhcp-authoritative', '--no-resolv', '--no-hosts', '--bind-dynamic',
        '--domain=lan.example', '--interface=' + network.TAP,
        '--dhcp-leasefile=' + net.path('dnsmasq.leases'), *options),
              log='dnsmasq.log')
    if not network.until(10, lambda: 'started' in net.text('dnsmasq.log')):
        raise network.Failed('dnsmasq does not start')
    net.settings['PYT_LEASES'] = net.path('leases')
    del net.settings['PYT_GW']


@scenario('ip4-dhcp')
def ip4_dhcp(stage):
    """A name is fetched: address, router and name server come by DHCPv4."""
    net = stage.network
    dnsmasq(stage, '--dhcp-range=10.77.0.50,10.77.0.59,255.255.255.0,120',
            f'--address=/web.lan.example/{PEER4}')
    net.start(net.peer(network.PYTHON, '-m', 'http.server', '-d',
                       net.path(''), '-b', PEER4, '80'))
    network.until(10, lambda: ':80 ' in net.listeners())
    net.settings['PYT_IP'] = 'dhcp'
    stage.shown = 'arp || dhcp || dns || tcp.flags.syn == 1 || http'
    stage.client('curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}\\n',
                 'http://web/', over='stack')


@scenario('slaac', ip6=True)
def slaac(stage):
    """Addresses and a router by router advertisements; then a ping."""
    dnsmasq(stage, '--enable-ra', '--dhcp-range=fd77::,ra-only,64,600')
    stage.network.settings['PYT_IP'] = 'auto'
    stage.shown = 'icmpv6'
    stage.client('ping', '-6', '-c', '2', '-i', '0.2', PEER6, over='stack')


@scenario('ip6-dhcp', ip6=True)
def ip6_dhcp(stage):
    """A name is fetched: router advertisement, DHCPv6, DNS, all over IPv6."""
    net = stage.network
    dnsmasq(stage, '--enable-ra', '--dhcp-range=fd77::100,fd77::1ff,64,600',
            f'--address=/web.lan.example/{PEER6}')
    net.start(net.peer(network.PYTHON, '-m', 'http.server', '-d',
                       net.path(''), '-b', PEER6, '80'))
    network.until(10, lambda: ':80 ' in net.listeners())
    net.settings['PYT_IP'] = 'auto'
    net.start(net.example('discard'))
    net.wait_for_log('dhcp6: pyt0: ')
    stage.shown = 'icmpv6 || dhcpv6 || dns || tcp.flags.syn == 1 || http'
    stage.client('curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}\\n',
                 'http://web.lan.example/', over='stack')


@scenario('ip4-linklocal')
def ip4_linklocal(stage):
    """No server answers: a link-local address, probed before it is used."""
    net = stage.network
    del net.settings['PYT_GW']
    net.settings['PYT_IP'] = 'dhcp,linklocal'
    net.settings['PYT_LEASES'] = 'none'
    net.settings['PYT_SYSCTL'] = 'net.pyt.linklocal_delay_ms=0'
    net.serve('discard', '-4')
    stage.shown = 'arp || dhcp'
    stage.wait_for_wire('arp.isannouncement', 2)


# ------------------------------------------------------------------------ ICMP

@scenario('ip4-icmp-echo')
def ip4_icmp_echo(stage):
    """The kernel pings the stack, and the stack the kernel."""
    stage.shown = 'arp || icmp'
    stage.network.serve('discard', '-4')
    stage.client('ping', '-c', '3', '-i', '0.2', STACK4)
    stage.client('ping', '-c', '3', '-i', '0.2', PEER4, over='stack')


@scenario('ip6-icmp-echo', ip6=True)
def ip6_icmp_echo(stage):
    """The same over IPv6, with neighbour discovery."""
    stage.shown = 'icmpv6'
    stage.network.serve('discard', '-6')
    stage.client('ping', '-6', '-c', '3', '-i', '0.2', STACK6)
    stage.client('ping', '-6', '-c', '3', '-i', '0.2', PEER6, over='stack')


@scenario('ip4-icmp-frag-rx')
def ip4_icmp_frag_rx(stage):
    """A ping of 4000 bytes: fragments are joined, the answer is cut."""
    stage.shown = 'arp || ip'
    stage.network.serve('discard', '-4')
    stage.client('ping', '-c', '2', '-i', '0.2', '-s', '4000', STACK4)


# --------------------------------------------------------------------- monkeys

def monkeys(stage, kind, family, address):
    stage.shown = 'tcp || arp || icmp || icmpv6' if kind == 'tcp' else \
        'udp || ip.flags.mf || ip.frag_offset > 0 || ipv6.fraghdr || ' \
        'icmp || icmpv6'
    stage.network.serve('echo', family)
    stage.script('monkeys.py', kind, address)


@scenario('ip4-tcp-monkeys')
def ip4_tcp_monkeys(stage):
    """Growing pictures of monkeys go to echo over TCP and come back."""
    monkeys(stage, 'tcp', '-4', STACK4)


@scenario('ip6-tcp-monkeys', ip6=True)
def ip6_tcp_monkeys(stage):
    """The same over IPv6."""
    monkeys(stage, 'tcp', '-6', STACK6)


@scenario('ip4-udp-monkeys')
def ip4_udp_monkeys(stage):
    """The same over UDP, where larger ones are fragments."""
    monkeys(stage, 'udp', '-4', STACK4)


@scenario('ip6-udp-monkeys', ip6=True)
def ip6_udp_monkeys(stage):
    """The same over UDP and IPv6."""
    monkeys(stage, 'udp', '-6', STACK6)


# --------------------------------------------------------------------- routers

def far_host(stage, router, address4, router4, address6, router6):
    """A host 'far' behind the namespace of a router."""
    net = stage.network
    net.namespace('far')
    net.pair(router, 'down0', 'far', 'eth0')
    net.ip(router, 'addr', 'add', router4 + '/24', 'dev', 'down0')
    net.ip('far', 'addr', 'add', address4 + '/24', 'dev', 'eth0')
    net.ip('far', 'route', 'add', 'default', 'via', router4)
    net.sysctl(router, 'net.ipv4.ip_forward=1')
    if net.ip6:
        net.sysctl(router, 'net.ipv6.conf.all.forwarding=1')
        net.ip(router, 'addr', 'add', router6 + '/64', 'dev', 'down0', 'nodad')
        net.ip('far', 'addr', 'add', address6 + '/64', 'dev', 'eth0', 'nodad')
        net.ip('far', '-6', 'route', 'add', 'default', 'via', router6)


@scenario('pmtu', ip6=True)
def pmtu(stage):
    """A router with an MTU of 1280 behind it: the path's MTU is learnt."""
    net = stage.network
    far_host(stage, 'peer', '10.78.0.2', '10.78.0.1', 'fd78::2', 'fd78::1')
    # The far host does not know of the narrow link, or its MSS would tell.
    net.ip('peer', 'link', 'set', 'down0', 'mtu', '1280')
    net.ip('far', 'route', 'replace', 'default', 'via', '10.78.0.1', 'mtu',
           '1280', 'advmss', '1460')
    net.ip('far', '-6', 'route', 'replace', 'default', 'via', 'fd78::1',
           'mtu', '1280', 'advmss', '1440')
    net.start(net.inside('far', f'{net.build}/examples/echo'))
    net.serve('discard')        # one stack for both clients
    stage.shown = 'tcp || icmp || icmpv6.type == 2'
    for address in ('10.78.0.2', 'fd78::2'):
        stage.script('monkeys.py', 'tcp', address, over='stack')


@scenario('redirect', ip6=True)
def redirect(stage):
    """The gateway knows a better one: a redirect becomes a host's route."""
    net = stage.network
    net.namespace('other')
    net.ip('peer', 'addr', 'flush', 'dev', network.TAP)
    net.ip('peer', 'link', 'add', 'br0', 'type', 'bridge')
    net.sysctl('peer', 'net.ipv6.conf.br0.addr_gen_mode=1')     # fe80::1 alone
    net.ip('peer', 'link', 'set', network.TAP, 'master', 'br0')
    net.ip('peer', 'addr', 'add', PEER4 + '/24', 'dev', 'br0')
    net.ip('peer', 'link', 'set', 'br0', 'up')
    net.pair('peer', 'port1', 'other', 'eth0')
    net.ip('peer', 'link', 'set', 'port1', 'master', 'br0')
    net.ip('other', 'addr', 'add', '10.77.0.254/24', 'dev', 'eth0')
    far_host(stage, 'other', '10.78.0.2', '10.78.0.1', 'fd78::2', 'fd78::1')
    net.ip('peer', 'route', 'add', '10.78.0.0/24', 'via', '10.77.0.254')
    # IPv6 redirects come from, and lead to, link-local addresses.
    net.ip('peer', 'addr', 'add', 'fd77::1/64', 'dev', 'br0', 'nodad')
    net.ip('peer', 'addr', 'add', 'fe80::1/64', 'dev', 'br0', 'nodad')
    net.ip('other', 'addr', 'add', 'fe80::254/64', 'dev', 'eth0', 'nodad')
    net.ip('other', '-6', 'route', 'add', 'fd77::/64', 'dev', 'eth0')
    net.ip('peer', '-6', 'route', 'add', 'fd78::/64', 'via', 'fe80::254',
           'dev', 'br0')
    net.settings['PYT_GW'] = f'{PEER4},fe80::1'
    net.sysctl('peer', 'net.ipv4.ip_forward=1',
               'net.ipv6.conf.all.forwarding=1',
               'net.ipv4.conf.br0.send_redirects=1',
               'net.ipv4.conf.all.send_redirects=1')
    stage.shown = 'arp || icmp || icmpv6.type > 127 && icmpv6.type != 143'
    net.serve('discard')        # one stack for both clients
    for address in ('10.78.0.2', 'fd78::2'):
        stage.client('ping', '-n', '-c', '4', '-i', '0.2', address,
                     over='stack')
