#include "host/device/thermal_guard.h"

namespace lode::device {

void ThermalGuard::update(std::optional<int> celsius, Clock::time_point now) noexcept {
  next_look_ = now + kLookInterval;
  if (celsius) last_reading_ = now;
  if (!limit_) return;
  if (!celsius) {
    if (now - last_reading_ >= kBlindFor) resting_ = true;
  } else if (*celsius > *limit_) {
    resting_ = true;
  } else if (*celsius <= *limit_ - kHysteresis) {
    resting_ = false;
  }
}

}  // namespace lode::device
