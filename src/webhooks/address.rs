//! Which addresses the server may call because somebody else says so: those of the public internet
//! and no others. Asks nobody, and never looks at a name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network and the length of its prefix.
type Net4 = (Ipv4Addr, u32);
type Net6 = (Ipv6Addr, u32);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32) -> Net4 {
    (Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u32) -> Net6 {
    (Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// What of IPv4 is not the public internet: the special-purpose registry of IANA, multicast, what is
/// reserved, and one address of the public range at which a cloud tells its machines secrets.
const CLOSED_4: [Net4; 18] = [
    v4(0, 0, 0, 0, 8),        // this network
    v4(10, 0, 0, 0, 8),       // private
    v4(100, 64, 0, 0, 10),    // behind carriers' NAT, and a cloud's metadata
    v4(127, 0, 0, 0, 8),      // loopback
    v4(168, 63, 129, 16, 32), // a cloud's own services
    v4(169, 254, 0, 0, 16),   // link-local, and most clouds' metadata
    v4(172, 16, 0, 0, 12),    // private
    v4(192, 0, 0, 0, 24),     // protocol assignments
    v4(192, 0, 2, 0, 24),     // documentation
    v4(192, 31, 196, 0, 24),  // AS112
    v4(192, 52, 193, 0, 24),  // multicast tunnels
    v4(192, 88, 99, 0, 24),   // 6to4 relays
    v4(192, 168, 0, 0, 16),   // private
    v4(192, 175, 48, 0, 24),  // AS112
    v4(198, 18, 0, 0, 15),    // benchmarks
    v4(198, 51, 100, 0, 24),  // documentation
    v4(203, 0, 113, 0, 24),   // documentation
    v4(224, 0, 0, 0, 3),      // multicast, reserved, broadcast
];

/// What of IPv6 is public at all.
const OPEN_6: Net6 = v6(0x2000, 0, 0, 3);
/// What within it is not.
const CLOSED_6: [Net6; 5] = [
    v6(0x2001, 0, 0, 23),         // protocol assignments, Teredo among them
    v6(0x2001, 0x0db8, 0, 32),    // documentation
    v6(0x2002, 0, 0, 16),         // 6to4: an IPv4 address in disguise
    v6(0x2620, 0x4f, 0x8000, 48), // AS112
    v6(0x3fff, 0, 0, 20),         // documentation
];
/// Where a translator puts IPv4 addresses for hosts that have none.
const TRANSLATED: Net6 = v6(0x64, 0xff9b, 0, 96);

/// Whether an address is one of the public internet. An IPv4 address within an IPv6 address counts as
/// what it is.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_public_4(inner),
            None => {
                within_6(address, OPEN_6) && !CLOSED_6.iter().any(|net| within_6(address, *net))
            }
        },
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    !CLOSED_4.iter().any(|(net, prefix)| {
        let mask = u32::MAX << (32 - prefix);
        (address.to_bits() ^ net.to_bits()) & mask == 0
    })
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., a, b, c, d] = address.octets();
    let translated = within_6(address, TRANSLATED).then(|| Ipv4Addr::new(a, b, c, d));
    address.to_ipv4_mapped().or(translated)
}

fn within_6(address: Ipv6Addr, (net, prefix): Net6) -> bool {
    let mask = u128::MAX << (128 - prefix);
    (address.to_bits() ^ net.to_bits()) & mask == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: [&str; 20] = [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001:810::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ];

    const CLOSED: [&str; 64] = [
        // This host and its networks.
        "0.0.0.0",
        "0.1.2.3",
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "192.168.255.255",
        "169.254.0.1",
        "100.64.0.1",
        "100.127.255.255",
        // What clouds tell their machines.
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fe80::a9fe:a9fe",
        // Everybody, nobody and examples.
        "192.0.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        // The same in IPv6.
        "::",
        "::1",
        "::2",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "fc00::1",
        "fdff::1",
        "ff02::1",
        "ff0e::1",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "2620:4f:8000::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        // IPv4 in disguise.
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::1",
    ];

    #[test]
    fn only_the_public_internet_is_public() {
        for address in PUBLIC {
            assert!(is_public(address.parse().unwrap()), "{address} is public");
        }
        for address in CLOSED {
            assert!(!is_public(address.parse().unwrap()), "{address} is not public");
        }
    }
}
