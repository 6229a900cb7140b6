// Pictures: PNG by libpng, JPEG by libjpeg-turbo, and folders of them by class.
#pragma once
#include "engine/data/bytes.h"
#include "engine/data/table.h"

namespace engine::data {

// Whether the name ends like a picture's that can be read: .png, .jpg, .jpeg, in any case.
bool isPictureName(std::string_view name);

// (channels, height, width) of u8: one channel for a grey picture, three (red, green, blue) for one in colour; what is
// transparent shows its colour. 16 bits a channel become 8.
Result<Array> parsePicture(std::span<const std::byte> file, const std::string& path);
Result<Array> readPicture(const std::string& path);

// A folder with a folder of pictures for each class, or with folders train, validation (val) and test that have these.
// Columns `image` (u8, channels, height, width) and `label` (class index). Classes and files are taken in the order of
// their names' bytes. All pictures have the size of the first; a grey one among colours gets three equal channels.
Result<SourcePointer> openImageFolder(const std::string& folder, int64_t limit = memoryOfMachine());
// Whether there is a picture in a folder in it, or in one in that.
bool isImageFolder(const std::string& folder);

}  // namespace engine::data
