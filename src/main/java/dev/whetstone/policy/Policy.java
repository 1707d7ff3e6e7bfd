package dev.whetstone.policy;

import dev.whetstone.lora.LoraAdapter;
import org.jspecify.annotations.Nullable;

/**
 * A policy version: the base and, for every version but v0, a LoRA adapter.
 *
 * @param version "v0", "v1", …
 * @param hash sha256 of the adapter's canonical bytes; of the base for v0
 * @param adapter null for v0
 */
public record Policy(String version, String hash, @Nullable LoraAdapter adapter) {
  public boolean isBase() {
    return adapter == null;
  }
}
