package dev.whetstone.gateway;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** A gateway that lets a key make two requests a second, and each of its users one in ten. */
public final class SlowLane implements QuarkusTestProfile {
  @Override
  public Map<String, String> getConfigOverrides() {
    return Map.of(
        "whetstone.gateway.key-rate", "2",
        "whetstone.gateway.user-rate", "0.1",
        "whetstone.gateway.rate-burst", "PT10S");
  }
}
