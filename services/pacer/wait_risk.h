// What a visitor who finds nobody free may come to, where the goal is not about all who leave: that he waits longer
// than a limit (SERVICE_LEVEL), or that he leaves after more than a threshold. It takes the place of the chance to
// abandon in RISK.
//
// At position z of a queue that is served with rate r = n mu, and left by each with rate th, the wait V until it is his
// turn is a sum of exponential times with the rates r + j th, j = 0..z-1. Hence e^(-th V) has the distribution
// Beta(a, z) with a = r / th, his own patience X is exponential, and with x = e^(-th t)
//
//   chance not to be served within t       = 1 - a / (a + z) (1 - I_x(a + 1, z))
//   chance to leave, later than t          = x I_x(a, z) - a / (a + z) I_x(a + 1, z)
//
// with I the regularised incomplete beta function, for a whole z the sum
// I_x(b, z) = x^b sum over i < z of (1 - x)^i b (b + 1) .. (b + i - 1) / i!. Where t is without end, or 0, both become
// the chance to abandon, z th / (n mu + z th). Pure.
#pragma once

#include <array>

namespace paceline::pacer {

/// Which visitors count as lost.
struct WaitGoal {
  double within_s = -1;  // [s] those not served within; negative: those who leave.
  double after_s = 0;    // [s, >= 0] who left sooner is not counted at all.

  bool all_who_leave() const { return within_s < 0 && !(after_s > 0); }

  bool operator==(const WaitGoal&) const = default;
};

/// Chances by the position, made known one after the other.
class WaitRisk {
 public:
  static constexpr int most = 400;  // Positions told exactly; the normal distribution of V beyond.

  ///   relief_rate, abandon_rate  [1/s, > 0]
  WaitRisk(const WaitGoal& goal, double relief_rate, double abandon_rate);

  /// [0..1] Chance to be lost at position z [any]; 0 for z <= 0.
  ///   cost   O(1), the first time O(z)
  double at(int z);
  double near(double z);

 private:
  // I_x(b, z) for z = 1, 2, ...
  struct BetaSum {
    double sum = 0;
    double term = 0;
    void begin(double x, double b);
    void add(double x, double b, int z);
  };
  double exact_next();
  double by_normal(double z) const;

  WaitGoal goal_;
  double a_;
  double abandon_rate_;
  double within_x_ = 0;
  double after_x_ = 1;
  bool tiny_ = false;  // The sums' first terms are no numbers any more.
  BetaSum within_{};   // I_x(a + 1, z) at `within_s`.
  BetaSum after_{};    // I_x(a, z) at `after_s`,
  BetaSum served_{};   // and I_x(a + 1, z).
  int known_ = 0;
  std::array<double, most + 1> chance_;
};

/// The chances of one position, by the same formulas.
double wait_risk(const WaitGoal& goal, double relief_rate, double abandon_rate, int z);

}  // namespace paceline::pacer
