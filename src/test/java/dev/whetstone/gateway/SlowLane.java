package dev.whetstone.gateway;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/**
 * A gateway with low rate limits: two requests a second for a key, one in ten seconds for a user.
 */
public final class SlowLane implements QuarkusTestProfile {
  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.of(
        "whetstone.gateway.key-rate", "2",
        "whetstone.gateway.user-rate", "0.1",
        "whetstone.gateway.rate-burst", "PT10S");
  }
}
