package dev.whetstone.gateway.policies;

import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.Watch;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A version as operators see it.
 *
 * @param hash SHA-256 of the adapter's content; of the base model for v0
 * @param parent version whose adapter training started from
 * @param status ready, candidate, held or rejected
 * @param rolledBackAt when it was rolled back; null after it was promoted again
 * @param winRateOverV0 null for a version that was never champion, or without votes
 */
public record PolicyView(
    String version,
    String hash,
    List<String> aliases,
    @Nullable String parent,
    @Nullable String runId,
    Instant createdAt,
    String baseHash,
    @Nullable Integer rank,
    @Nullable Double alpha,
    List<String> targetModules,
    @Nullable String dataHash,
    String status,
    @Nullable String statusReason,
    @Nullable Instant rolledBackAt,
    @Nullable WinRate winRateOverV0) {
  /**
   * Share of votes that a version won against v0 since its promotion, ties as a half.
   *
   * @param low lower bound of the interval, which holds at all times with 95 %
   * @param votes how many there are; 500 leave about 20 points either way
   */
  public record WinRate(double rate, double low, double high, int votes) {}

  /**
   * The view with the version's win rate over v0.
   *
   * @param overBase the version's newest comparison with v0; null if it has none
   */
  static PolicyView of(PolicyRecord row, Aliases aliases, @Nullable Watch overBase) {
    Watch.WinRate known = overBase == null ? null : overBase.winRate();
    WinRate rate =
        known == null ? null : new WinRate(known.rate(), known.low(), known.high(), known.votes());
    return view(row, aliases, rate);
  }

  static PolicyView of(PolicyRecord row, Aliases aliases) {
    return view(row, aliases, null);
  }

  private static PolicyView view(PolicyRecord row, Aliases aliases, @Nullable WinRate rate) {
    return new PolicyView(
        row.version(),
        row.hash(),
        aliases.namesOf(row.version()),
        row.provenance().parent(),
        row.provenance().runId(),
        row.createdAt(),
        row.baseHash(),
        row.rank(),
        row.alpha(),
        row.targetModules(),
        row.provenance().dataHash(),
        row.status().label(),
        row.statusReason(),
        row.rolledBackAt(),
        rate);
  }
}
