package dev.whetstone.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.testing.TestModels;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** Base of HTTP tests; each test begins when the gateway serves the tiny model. */
public abstract class ReadyGateway {
  @Inject protected GatewayState serving;

  // Runs before the gateway starts, because the gateway loads the model then.
  @BeforeAll
  static void importModel() {
    TestModels.tiny();
  }

  @BeforeEach
  void waitUntilReady() {
    await()
        .atMost(Duration.ofMinutes(1))
        .pollDelay(Duration.ZERO)
        .until(() -> !(serving.state() instanceof State.Loading));
    assertThat(serving.state()).isInstanceOf(State.Ready.class);
  }
}
