package dev.whetstone.gateway.admin;

import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.preference.LearningConsent;
import dev.whetstone.preference.VoteExclusions;
import dev.whetstone.security.ApiKeys;
import dev.whetstone.security.KeyStore;
import dev.whetstone.security.KeyUsers;
import dev.whetstone.security.Role;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Creates, changes and revokes API keys; this gateway knows of it at once. */
@Singleton
final class KeyService {
  private final KeyStore store;
  private final ApiKeys keys;
  private final VoteExclusions exclusions;
  private final LearningConsent consent;

  @Inject
  KeyService(KeyStore store, ApiKeys keys, VoteExclusions exclusions, LearningConsent consent) {
    this.store = store;
    this.keys = keys;
    this.exclusions = exclusions;
    this.consent = consent;
  }

  /** Creates a key; its secret is in the result alone. */
  KeyStore.Created create(Role role, KeyUsers users, @Nullable String note, String actor) {
    KeyStore.Created created = store.create(role, users, note, actor);
    keys.refresh();
    return created;
  }

  /**
   * Says whether a key's votes count and whether anything is learned from its users; null leaves
   * either as it is.
   *
   * @throws ProblemException 404 when there is no such key
   */
  KeyStore.Row change(
      String id, @Nullable Boolean counted, @Nullable Boolean learn, String reason, String actor) {
    if (store.find(id).isEmpty()) {
      throw unknown();
    }
    if (Boolean.TRUE.equals(counted)) {
      exclusions.remove(VoteExclusions.Kind.KEY, id, reason, actor);
    } else if (counted != null) {
      exclusions.add(VoteExclusions.Kind.KEY, id, reason, actor);
    }
    if (learn != null) {
      consent.setKey(id, learn, reason, actor);
    }
    return store.find(id).orElseThrow(KeyService::unknown);
  }

  /**
   * Revokes a key.
   *
   * @throws ProblemException 404 when there is no such key, 409 when it is the last operator's
   */
  void revoke(String id, String actor) {
    switch (store.revoke(id, actor)) {
      case REVOKED -> keys.refresh();
      case UNKNOWN -> throw unknown();
      case LAST_OPERATOR ->
          throw ProblemException.of(
              409,
              "last_operator_key",
              "this is the last operator key; create another one before revoking it");
    }
  }

  private static ProblemException unknown() {
    return ProblemException.of(404, "unknown_key", "there is no such key");
  }
}
