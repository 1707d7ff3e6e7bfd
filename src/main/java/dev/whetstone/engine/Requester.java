package dev.whetstone.engine;

/**
 * For whom a request is; requesters take turns.
 *
 * @param key id of the API key, among which the places of the queue are shared
 * @param user the key's user; empty when the request named none
 */
public record Requester(String key, String user) {
  /** The gateway itself: trial runs and the gate's measurements. */
  public static final Requester INTERNAL = new Requester("", "");
}
