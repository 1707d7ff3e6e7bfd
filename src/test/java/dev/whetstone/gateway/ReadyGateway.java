package dev.whetstone.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.testing.TestModels;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
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
  void waitUntilReady() throws InterruptedException {
    Instant limit = Instant.now().plus(Duration.ofMinutes(1));
    while (serving.state() instanceof State.Loading && Instant.now().isBefore(limit)) {
      Thread.sleep(20);
    }
    assertThat(serving.state()).isInstanceOf(State.Ready.class);
  }
}
