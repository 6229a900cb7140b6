// One picture from its bytes.
#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cstring>

#include "engine/data/images.h"

namespace engine::data {
namespace {

// A header may claim any size; decoding takes a few bytes for each pixel.
constexpr int64_t kMostPixels = 64 << 20;
// zlib's best, with one bit a pixel: a PNG file of n bytes has no more pixels than n times this.
constexpr int64_t kMostPixelsOfAByte = 1032 * 8;

tl::unexpected<Problem> broken(const std::string& path, const char* kind, Message why) {
  return failure(path, {"an unbroken {0} picture", kind}, std::move(why), {"replace it or take it out"});
}

Done checkSize(const std::string& path, int64_t width, int64_t height) {
  if (width < 1 || height < 1 || width > kMostPixels / height)
    return failure(path, {"a picture of at most {0} pixels", kMostPixels}, {"{0} × {1}", height, width});
  return {};
}

// (height, width, samples) to (channels, height, width), where what is past the channels (alpha) is left out.
Array planar(const std::vector<uint8_t>& pixels, int64_t height, int64_t width, int64_t channels, int64_t samples) {
  Array array{{channels, height, width}, Type::u8, std::vector<std::byte>(size_t(channels * height * width))};
  auto* out = array.as<uint8_t>();
  for (int64_t channel = 0; channel < channels; ++channel)
    for (int64_t i = 0; i < height * width; ++i) *out++ = pixels[size_t(i * samples + channel)];
  return array;
}

Result<Array> parsePng(std::span<const std::byte> file, const std::string& path) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  // Frees what libpng holds, on every way out.
  const std::unique_ptr<png_image, void (*)(png_image*)> freed(&image, [](png_image* i) { png_image_free(i); });
  if (!png_image_begin_read_from_memory(&image, file.data(), file.size())) return broken(path, "PNG", {"{0}", image.message});
  if (Done size = checkSize(path, image.width, image.height); !size) return tl::unexpected(size.error());
  if (int64_t(image.width) * image.height > int64_t(file.size()) * kMostPixelsOfAByte)
    return broken(path, "PNG", "a file too small for its size");
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;  // 16 bits hold the same shades as 8 do, not linear light
  const bool colour = image.format & PNG_FORMAT_FLAG_COLOR;
  // With alpha, so that libpng mixes nothing with a background.
  image.format = colour ? PNG_FORMAT_RGBA : PNG_FORMAT_GA;
  const int64_t samples = colour ? 4 : 2;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(image));
  if (!png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr) || PNG_IMAGE_FAILED(image))
    return broken(path, "PNG", {"{0}", image.message});
  return planar(pixels, image.height, image.width, samples - 1, samples);
}

Result<Array> parseJpeg(std::span<const std::byte> file, const std::string& path) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (!decoder) throw std::bad_alloc();
  int width = 0, height = 0, subsampling = 0, space = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
  if (tjDecompressHeader3(decoder.get(), bytes, file.size(), &width, &height, &subsampling, &space) != 0)
    return broken(path, "JPEG", {"{0}", tjGetErrorStr2(decoder.get())});
  if (Done size = checkSize(path, width, height); !size) return tl::unexpected(size.error());
  if (space == TJCS_CMYK || space == TJCS_YCCK)
    return failure(path, {"a picture in grey or in red, green and blue"}, {"one in CMYK"}, {"convert it"});
  const int channels = space == TJCS_GRAY ? 1 : 3;
  std::vector<uint8_t> pixels(size_t(width) * size_t(height) * size_t(channels));
  // The exact transform gives the same pixels on every processor; a warning is a picture that is half there.
  constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  if (tjDecompress2(decoder.get(), bytes, file.size(), pixels.data(), width, 0, height,
                    channels == 1 ? TJPF_GRAY : TJPF_RGB, kFlags) != 0)
    return broken(path, "JPEG", {"{0}", tjGetErrorStr2(decoder.get())});
  return planar(pixels, height, width, channels, channels);
}

bool beginsWith(std::span<const std::byte> file, std::string_view magic) {
  return file.size() >= magic.size() && std::memcmp(file.data(), magic.data(), magic.size()) == 0;
}

}  // namespace

bool isPictureName(std::string_view name) {
  std::string lower(name);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return lower.ends_with(".png") || lower.ends_with(".jpg") || lower.ends_with(".jpeg");
}

Result<Array> parsePicture(std::span<const std::byte> file, const std::string& path) {
  return guardMemory(path, [&]() -> Result<Array> {
    // By content: names lie.
    if (beginsWith(file, "\x89PNG")) return parsePng(file, path);
    if (beginsWith(file, "\xff\xd8\xff")) return parseJpeg(file, path);
    return failure(path, {"a PNG or JPEG picture"}, {"another file"}, {"convert it or take it out"});
  });
}

Result<Array> readPicture(const std::string& path) {
  const auto file = readFile(path);
  if (!file) return tl::unexpected(file.error());
  return parsePicture(*file, path);
}

}  // namespace engine::data
