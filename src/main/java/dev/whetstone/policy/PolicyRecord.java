package dev.whetstone.policy;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a version, without its adapter's bytes.
 *
 * @param hash sha256 of the adapter; of the base for v0
 * @param rank null for v0, as is alpha
 * @param targetModules names of the linear layers, as in "q_proj"
 * @param statusReason why it is held or rejected
 * @param rolledBackAt when it was last taken back; null once it was promoted again
 */
public record PolicyRecord(
    String version,
    String hash,
    String baseHash,
    @Nullable Integer rank,
    @Nullable Double alpha,
    List<String> targetModules,
    Provenance lineage,
    PolicyStatus status,
    @Nullable String statusReason,
    @Nullable Instant rolledBackAt,
    Instant createdAt) {}
