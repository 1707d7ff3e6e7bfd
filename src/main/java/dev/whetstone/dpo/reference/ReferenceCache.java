package dev.whetstone.dpo.reference;

import java.util.Collection;
import java.util.Map;

/** A cache of completions' log-probs under frozen bases. Losing it costs only time. */
public interface ReferenceCache {
  /** A cache that is always empty. */
  ReferenceCache NONE =
      new ReferenceCache() {
        @Override
        public Map<Key, float[]> find(Collection<Key> keys) {
          return Map.of();
        }

        @Override
        public void store(Map<Key, float[]> logps) {
          // always empty
        }
      };

  /**
   * A completion under a base.
   *
   * @param baseHash hash of the base
   * @param tokensHash SHA-256 over the token ids of prompt and completion, in lower-case
   *     hexadecimal
   */
  record Key(String baseHash, String tokensHash) {}

  /** Log-probs of the completions that are cached, one value for each completion token, in nats. */
  Map<Key, float[]> find(Collection<Key> keys);

  /** Stores all entries, or none if it fails. */
  void store(Map<Key, float[]> logps);
}
