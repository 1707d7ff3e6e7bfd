package dev.whetstone.security;

/** A request that another site made a signed-in browser send. */
public final class CrossSiteException extends RuntimeException {
  CrossSiteException() {
    super("a session's cookie is accepted only from Whetstone's own pages");
  }
}
