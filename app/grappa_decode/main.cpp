#include "core/image/decode_protocol.h"

#include <charconv>
#include <cstdio>
#include <cstring>

// A decode worker: started by grappa::DecodePool, which passes the memory limit and the two descriptors.
int main(int argc, char** argv) {
    std::uint64_t memoryLimit = 0;
    if (argc == 2) std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), memoryLimit);
    if (memoryLimit == 0) {
        std::fputs("grappa-decode is started by Grappa itself; to import images, run grappa-cli import.\n", stderr);
        return 2;
    }
    return grappa::runDecodeWorker(grappa::workerSocket, grappa::workerMemory, memoryLimit);
}
