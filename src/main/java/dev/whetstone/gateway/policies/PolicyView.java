package dev.whetstone.gateway.policies;

import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.PolicyRecord;
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
    @Nullable Instant rolledBackAt) {

  static PolicyView of(PolicyRecord row, Aliases aliases) {
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
        row.rolledBackAt());
  }
}
