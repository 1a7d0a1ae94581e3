//! From an uploaded file to what is stored: decoded within limits, turned the right way up, encoded
//! anew, and made smaller. Pure work on memory: it never reads or writes a file.

use super::Format;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::error::ImageError as CodecError;
use image::{DynamicImage, ImageDecoder as _, ImageEncoder, ImageFormat, ImageReader, Limits};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::io::Cursor;
use utoipa::ToSchema;

/// Pixels of an image at most: what the cameras of telephones make.
pub const MAX_PIXELS: u64 = 64_000_000;
/// Pixels of a side at most.
const MAX_SIDE: u32 = 16_384;
/// Bytes that a decoder may take at most.
const MAX_MEMORY: u64 = 512 * 1024 * 1024;
/// Of JPEG, out of 100: beyond it files grow, and nobody sees a difference.
const QUALITY: u8 = 90;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("an image has at most {MAX_PIXELS} pixels, and {MAX_SIDE} a side")]
    TooLarge,
    #[error("the file is not an image that can be read: {0}")]
    Unreadable(String),
}

/// A smaller size of an image: what its longer side is at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// 160 pixels: a line of a cart.
    Small,
    /// 480 pixels: a page of products.
    Medium,
    /// 1080 pixels: the product.
    Large,
}

impl Size {
    const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }

    fn side(self) -> u32 {
        match self {
            Self::Small => 160,
            Self::Medium => 480,
            Self::Large => 1080,
        }
    }
}

/// What of an image is stored.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub format: Format,
    /// Of the whole image, in hexadecimal digits.
    pub(super) hash: String,
    pub whole: Vec<u8>,
    /// The sizes that are smaller than the image.
    pub smaller: Vec<(Size, Vec<u8>)>,
}

/// Decodes a file and encodes it anew. WebP becomes JPEG, or PNG where it is transparent: its encoder
/// has no lossy form. Of an animation the first picture is kept.
pub(super) fn prepare(format: Format, bytes: &[u8]) -> Result<Prepared, Refused> {
    let (image, profile) = decode(format, bytes)?;
    let format = match format {
        Format::Webp if image.color().has_alpha() => Format::Png,
        Format::Webp => Format::Jpeg,
        format => format,
    };
    let encode = |image: &DynamicImage| encode(format, image, profile.clone());
    let smaller =
        Size::ALL.into_iter().filter(|size| image.width().max(image.height()) > size.side());
    let smaller: Result<_, Refused> = smaller
        .map(|size| Ok((size, encode(&image.thumbnail(size.side(), size.side()))?)))
        .collect();
    let whole = encode(&image)?;
    Ok(Prepared { format, hash: hex::encode(Sha256::digest(&whole)), whole, smaller: smaller? })
}

/// The pixels, and what their colours mean. The profile is kept: without it photographs of telephones
/// look pale.
fn decode(format: Format, bytes: &[u8]) -> Result<(DynamicImage, Option<Vec<u8>>), Refused> {
    let codec = match format {
        Format::Png => ImageFormat::Png,
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Webp => ImageFormat::WebP,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), codec);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Refused::TooLarge);
    }
    let profile = decoder.icc_profile().map_err(refusal)?;
    let orientation = decoder.orientation().map_err(refusal)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    image.apply_orientation(orientation);
    Ok((image, profile))
}

fn encode(
    format: Format,
    image: &DynamicImage,
    profile: Option<Vec<u8>>,
) -> Result<Vec<u8>, Refused> {
    let mut bytes = Vec::new();
    if format == Format::Png {
        write(PngEncoder::new(&mut bytes), image, profile)?;
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        // What else there is, JPEG cannot hold.
        let flat = match image {
            DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => image.clone(),
            other if other.color().has_color() => other.to_rgb8().into(),
            other => other.to_luma8().into(),
        };
        write(encoder, &flat, profile)?;
    }
    Ok(bytes)
}

fn write(
    mut encoder: impl ImageEncoder,
    image: &DynamicImage,
    profile: Option<Vec<u8>>,
) -> Result<(), Refused> {
    if let Some(profile) = profile {
        // Colours a little off are better than no image.
        let _is_kept = encoder.set_icc_profile(profile);
    }
    image.write_with_encoder(encoder).map_err(refusal)
}

fn refusal(error: CodecError) -> Refused {
    match error {
        CodecError::Limits(_) => Refused::TooLarge,
        other => Refused::Unreadable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ExtendedColorType, Rgb, RgbImage, RgbaImage};

    /// Left half red, right half blue.
    fn photograph(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, _| {
            if x < width / 2 { Rgb([200, 0, 0]) } else { Rgb([0, 0, 200]) }
        })
    }

    fn jpeg(image: &RgbImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(image).unwrap();
        bytes
    }

    /// An EXIF segment behind the start of a JPEG: turned by 90 degrees, with the name of a place.
    fn with_exif(jpeg: &[u8], secret: &[u8]) -> Vec<u8> {
        let mut tiff = b"MM\0*\0\0\0\x08\0\x02".to_vec();
        // Orientation, a short: 6, to be turned clockwise.
        tiff.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0");
        // A description that lies behind the directory.
        tiff.extend(b"\x01\x0e\0\x02");
        tiff.extend(u32::try_from(secret.len()).unwrap().to_be_bytes());
        tiff.extend(38_u32.to_be_bytes());
        tiff.extend([0; 4]);
        tiff.extend(secret);
        let length = u16::try_from(2 + 6 + tiff.len()).unwrap().to_be_bytes();
        let segment = [&b"\xff\xe1"[..], &length, b"Exif\0\0", &tiff].concat();
        [&jpeg[..2], &segment, &jpeg[2..]].concat()
    }

    fn contains(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    fn read(bytes: &[u8]) -> DynamicImage {
        image::load_from_memory(bytes).unwrap()
    }

    #[test]
    fn a_photograph_is_turned_and_loses_what_it_tells_of_its_maker() {
        let secret = b"taken at 55.7558 37.6173";
        let bytes = [with_exif(&jpeg(&photograph(600, 200)), secret), b"PK\x03\x04hidden".to_vec()];
        let bytes = bytes.concat();
        assert!(contains(&bytes, secret));
        let prepared = prepare(Format::Jpeg, &bytes).unwrap();
        assert_eq!(prepared.format, Format::Jpeg);
        let all = prepared.smaller.iter().map(|(_, bytes)| bytes).chain([&prepared.whole]);
        for stored in all {
            assert!(!contains(stored, secret) && !contains(stored, b"Exif"));
            assert!(!contains(stored, b"hidden"), "nothing stands behind the image");
        }
        let whole = read(&prepared.whole).to_rgb8();
        assert_eq!(whole.dimensions(), (200, 600));
        let (top, bottom) = (whole.get_pixel(100, 10).0, whole.get_pixel(100, 590).0);
        assert!(top[0] > 150 && top[2] < 60, "{top:?} is red");
        assert!(bottom[2] > 150 && bottom[0] < 60, "{bottom:?} is blue");
    }

    #[test]
    fn sizes_fit_their_side_and_none_is_larger_than_the_image() {
        let sides = |width, height| {
            let prepared = prepare(Format::Jpeg, &jpeg(&photograph(width, height))).unwrap();
            let sizes = prepared.smaller.iter();
            sizes.map(|(size, bytes)| (*size, read(bytes).width(), read(bytes).height())).collect()
        };
        let found: Vec<_> = sides(600, 300);
        assert_eq!(found, [(Size::Small, 160, 80), (Size::Medium, 480, 240)]);
        let found: Vec<_> = sides(120, 160);
        assert_eq!(found, []);
    }

    #[test]
    fn transparency_stays() {
        let image = RgbaImage::from_fn(200, 200, |x, _| {
            image::Rgba([9, 9, 9, if x < 100 { 0 } else { 255 }])
        });
        let mut png = Vec::new();
        PngEncoder::new(&mut png).write_image(&image, 200, 200, ExtendedColorType::Rgba8).unwrap();
        let mut webp = Vec::new();
        image::codecs::webp::WebPEncoder::new_lossless(&mut webp)
            .encode(&image, 200, 200, ExtendedColorType::Rgba8)
            .unwrap();
        for (format, bytes) in [(Format::Png, png), (Format::Webp, webp)] {
            let prepared = prepare(format, &bytes).unwrap();
            assert_eq!(prepared.format, Format::Png);
            assert_eq!(read(&prepared.whole).to_rgba8(), image);
            assert_eq!(read(&prepared.smaller[0].1).to_rgba8().get_pixel(5, 5).0[3], 0);
        }
    }

    #[test]
    fn an_opaque_webp_becomes_a_jpeg() {
        let image = photograph(40, 40);
        let mut webp = Vec::new();
        image::codecs::webp::WebPEncoder::new_lossless(&mut webp)
            .encode(&image, 40, 40, ExtendedColorType::Rgb8)
            .unwrap();
        let prepared = prepare(Format::Webp, &webp).unwrap();
        assert_eq!(prepared.format, Format::Jpeg);
        assert_eq!(Format::of(&prepared.whole), Some(Format::Jpeg));
    }

    #[test]
    fn what_cannot_be_read_or_held_is_refused() {
        let bytes = jpeg(&photograph(64, 64));
        for broken in [&bytes[..3], &b"\xff\xd8\xffnot an image"[..], b"\x89PNG\r\n\x1a\nrest"] {
            let format = Format::of(broken).unwrap();
            assert!(matches!(prepare(format, broken), Err(Refused::Unreadable(_))), "{broken:?}");
        }
        // A few bytes that promise a gigapixel.
        let mut png = Vec::new();
        PngEncoder::new(&mut png).write_image(&[0; 4], 4, 1, ExtendedColorType::L8).unwrap();
        let header = 16..24;
        for (width, height) in [(16_000_u32, 16_000_u32), (60_000, 10)] {
            png[header.clone()]
                .copy_from_slice(&[width.to_be_bytes(), height.to_be_bytes()].concat());
            let sum = crc32(&png[12..29]).to_be_bytes();
            png[29..33].copy_from_slice(&sum);
            assert!(matches!(prepare(Format::Png, &png), Err(Refused::TooLarge)), "{width}");
        }
    }

    /// The checksum of PNG.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
            })
        })
    }
}
