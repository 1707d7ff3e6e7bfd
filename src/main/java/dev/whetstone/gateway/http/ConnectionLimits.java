package dev.whetstone.gateway.http;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts open connections, of all and of each address. Thread-safe. */
final class ConnectionLimits {
  private final int most;
  private final int mostOfAddress;
  private final AtomicInteger open = new AtomicInteger();
  private final ConcurrentHashMap<String, Integer> byAddress = new ConcurrentHashMap<>();

  ConnectionLimits(int most, int mostOfAddress) {
    this.most = most;
    this.mostOfAddress = mostOfAddress;
  }

  /** Counts one more connection; false, and not counted, where it is one too many. */
  boolean tryOpen(String address) {
    if (open.incrementAndGet() > most) {
      open.decrementAndGet();
      return false;
    }
    if (byAddress.merge(address, 1, Integer::sum) > mostOfAddress) {
      close(address);
      return false;
    }
    return true;
  }

  /** Counts one fewer. */
  void close(String address) {
    open.decrementAndGet();
    byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
  }

  /** Connections that are open now. */
  int open() {
    return open.get();
  }
}
