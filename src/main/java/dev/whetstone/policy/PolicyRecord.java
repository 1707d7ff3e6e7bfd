package dev.whetstone.policy;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A version's row, without its adapter's bytes.
 *
 * @param hash identity of the adapter; the base's hash for v0
 * @param rank null for v0, as alpha is
 * @param targetModules names of the linear layers, as in "q_proj"
 * @param statusReason why it has its status; null where no reason was given
 * @param rolledBackAt when it was last rolled back; null once it is promoted again
 */
public record PolicyRecord(
    String version,
    String hash,
    String baseHash,
    @Nullable Integer rank,
    @Nullable Double alpha,
    List<String> targetModules,
    Provenance provenance,
    PolicyStatus status,
    @Nullable String statusReason,
    @Nullable Instant rolledBackAt,
    Instant createdAt) {}
