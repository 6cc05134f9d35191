// What happened to a file that is not what it should be: guesses from its bytes, in words for people.
#pragma once

#include <string>

namespace tenon {

// "it is a Git LFS pointer, ...", "it is gzip'ed, ..."; "" if nothing is known. Reads only the beginning and the end.
std::string diagnose_file(const std::string& path);

}  // namespace tenon
