package dev.whetstone.policy;

import dev.whetstone.lora.LoraAdapter;
import org.jspecify.annotations.Nullable;

/**
 * A policy version: the base and, for every version but v0, a LoRA adapter.
 *
 * @param version "v0", "v1", …
 * @param hash {@link dev.whetstone.lora.PeftFiles#hash} of the adapter; the base's hash for v0
 * @param adapter null for v0
 */
public record Policy(String version, String hash, @Nullable LoraAdapter adapter) {
  /** Whether this is v0, the base without an adapter. */
  public boolean isBase() {
    return adapter == null;
  }
}
