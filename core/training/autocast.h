#pragma once

#include <torch/torch.h>

#include <ATen/autocast_mode.h>

namespace grappa {

/// bf16 autocast for the object's life on a GPU that has bf16; nothing on a CPU, where it is slower on most machines.
class Autocast {
public:
    explicit Autocast(const torch::Device& device) : m_on(device.is_cuda() && supported(device)) {
        if (!m_on) return;
        m_before = at::autocast::is_autocast_enabled(at::kCUDA);
        at::autocast::set_autocast_enabled(at::kCUDA, true);
        at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
    }
    Autocast(const Autocast&) = delete;
    Autocast& operator=(const Autocast&) = delete;
    ~Autocast() {
        if (!m_on) return;
        at::autocast::clear_cache();
        at::autocast::set_autocast_enabled(at::kCUDA, m_before);
    }

private:
    static bool supported(const torch::Device& device);

    bool m_on = false;
    bool m_before = false;
};

} // namespace grappa
