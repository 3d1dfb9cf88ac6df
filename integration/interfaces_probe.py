"""What a program on a host with two links sees, a line for each question."""
import fcntl
import socket
import struct
import sys

PORT = 80
IP_PKTINFO = 8
IP_UNICAST_IF = 50


def index(name):
    return socket.if_nametoindex(name)


def link_name(number):
    return socket.if_indextoname(number) if number else '-'


def names():
    for number, name in socket.if_nameindex()[:3]:
        print(number, name, index(name) == number)


def address_of(name):
    with socket.socket() as s:
        request = struct.pack('16s24x', name.encode())
        return socket.inet_ntoa(fcntl.ioctl(s, 0x8915, request)[20:24])


def addresses(*devices):
    for name in devices:
        print(name, address_of(name))


def attempt(family, where, device=None):
    with socket.socket(family) as s:
        s.settimeout(20)
        try:
            if device:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                             device.encode())
            s.connect(where)
        except OSError as error:
            return error.strerror
        name = s.getsockname()
        scope = link_name(name[3]) if family == socket.AF_INET6 else '-'
        return f'{name[0].split(":")[0]}... {scope}' \
            if scope != '-' else name[0]


def connect(ip, device=None):
    family = socket.AF_INET6 if ':' in ip else socket.AF_INET
    print(attempt(family, (ip, PORT), device))


def link_local(ip, device):
    """By each way to say the link."""
    scope = index(device) if device != '-' else 0
    print(attempt(socket.AF_INET6, (ip, PORT, 0, scope)))


def own_link_local(name):
    for line in open('/proc/net/if_inet6'):
        word = line.split()
        if word[5] == name and line.startswith('fe80'):
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(word[0]))
    return None


def bind_link_local(owner, device):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        try:
            s.bind((own_link_local(owner), 0, 0, index(device)))
            print(link_name(s.getsockname()[3]))
        except OSError as error:
            print(error.strerror)


def packet_info(port, *questions):
    """Echoes, by the interface that IP_PKTINFO names and says."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        s.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        for question in questions:
            device, ip = question.split('@')
            out = index(device) if device else 0
            info = struct.pack('@i8x', out)
            s.sendmsg([b'x'], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0,
                      (ip, int(port)))
            data, ancillary, _, _ = s.recvmsg(200, 200)
            came = struct.unpack('@i', ancillary[0][2][:4])[0]
            print(data.decode(), link_name(came))


def unicast_if(ip, *devices):
    for device in devices:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.IPPROTO_IP, IP_UNICAST_IF,
                         struct.pack('>I', index(device)))
            s.connect((ip, PORT))
            print(device, s.getsockname()[0])


def groups(group, port, device):
    """Hears what is sent to the group on one link, and says which."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        s.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        s.bind(('', int(port)))
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     struct.pack('4s4si', socket.inet_aton(group), bytes(4),
                                 index(device)))
        print('joined', flush=True)
        data, ancillary, _, _ = s.recvmsg(200, 200)
        came = struct.unpack('@i', ancillary[0][2][:4])[0]
        print(data.decode(), link_name(came))


def until_connected(ip, times):
    """Which of our addresses reaches it, as soon as one does."""
    for _ in range(int(times)):
        with socket.socket() as s:
            s.settimeout(2)
            try:
                s.connect((ip, PORT))
                print(s.getsockname()[0])
                return
            except OSError:
                pass
    print('never')


globals()[sys.argv[1]](*sys.argv[2:])
