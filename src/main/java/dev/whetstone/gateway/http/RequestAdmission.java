package dev.whetstone.gateway.http;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** Finds whose request it is and counts it against the rates of its key and its user. */
@Singleton
public final class RequestAdmission {
  private final RequestUser users;
  private final RateLimiter limits;

  @Inject
  RequestAdmission(RequestUser users, RateLimiter limits) {
    this.users = users;
    this.limits = limits;
  }

  /** The id of the request's key. */
  public String key() {
    return users.key();
  }

  /**
   * Admits a request and returns its user, as {@link RequestUser#of} finds it.
   *
   * @throws ProblemException 429 over a rate, 400 for an unusable name
   */
  public @Nullable String admit(@Nullable String named) {
    return counted(users.of(named));
  }

  /**
   * Admits a request and returns its user, as {@link RequestUser#believed} finds it.
   *
   * @throws ProblemException 429 over a rate, 400 for an unusable name
   */
  public @Nullable String admitBelieved(@Nullable String named) {
    return counted(users.believed(named));
  }

  private @Nullable String counted(@Nullable String user) {
    limits.admit(users.key(), user);
    return user;
  }
}
