package dev.whetstone.dpo.reference;

import java.util.Collection;
import java.util.Map;

/** Remembers the log-probs of completions under frozen bases; safe to lose. */
public interface ReferenceCache {
  /** Remembers nothing. */
  ReferenceCache NONE =
      new ReferenceCache() {
        @Override
        public Map<Key, float[]> find(Collection<Key> keys) {
          return Map.of();
        }

        @Override
        public void store(Map<Key, float[]> logps) {
          // nothing is kept
        }
      };

  /**
   * A completion under a base.
   *
   * @param base hash of the base
   * @param tokens sha256 over the ids of prompt and completion, in lower-case hexadecimal
   */
  record Key(String base, String tokens) {}

  /** Log-probs of those completions that are known, a value a token. */
  Map<Key, float[]> find(Collection<Key> keys);

  /** Remembers all of them, or none when it fails. */
  void store(Map<Key, float[]> logps);
}
