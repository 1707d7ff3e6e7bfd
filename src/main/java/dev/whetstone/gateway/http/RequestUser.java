package dev.whetstone.gateway.http;

import dev.whetstone.security.KeyUsers;
import io.quarkus.security.identity.SecurityIdentity;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/**
 * The user that a request is for. The names that an application's key sends are believed; a
 * personal key is its own only user, whose name is the key's id.
 */
@Singleton
public final class RequestUser {
  private final SecurityIdentity identity;

  @Inject
  RequestUser(SecurityIdentity identity) {
    this.identity = identity;
  }

  /** The id of the request's key. */
  public String key() {
    return identity.getPrincipal().getName();
  }

  /**
   * The user that the request names; null where an application's key names none.
   *
   * @throws ProblemException 400 for an unusable name, and for another name than a personal key's
   */
  public @Nullable String of(@Nullable String named) {
    UserNameValidator.check(named);
    if (named != null && isPersonal() && !named.equals(key())) {
      throw ProblemException.badField(
          "user",
          "personal_key",
          "a personal key is one user: leave user out, or use an application's key");
    }
    return believed(named);
  }

  /** As {@link #of}, for clients that always send a name: a personal key's is left unread. */
  public @Nullable String believed(@Nullable String named) {
    return isPersonal() ? key() : named;
  }

  private boolean isPersonal() {
    return identity.getAttribute(KeyUsers.ATTRIBUTE) == KeyUsers.PERSONAL;
  }
}
