package dev.whetstone.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.testing.CapturedLog;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What probes leave in the log. */
@QuarkusTest
class HealthLogTest extends ReadyGateway {
  @Test
  void manyAnswersThatAreDownLogOneChange() {
    RestAssured.get("/q/health/ready").then().statusCode(200);
    GatewayState.State ready = serving.state();
    List<String> loggers;
    try (CapturedLog log = CapturedLog.ofAll()) {
      serving.setState(new GatewayState.State.Loading());
      for (int probe = 0; probe < 10; probe++) {
        RestAssured.get("/q/health/ready").then().statusCode(503);
      }
      serving.setState(ready);
      RestAssured.get("/q/health/ready").then().statusCode(200);
      loggers =
          log.lines().stream()
              .map(CapturedLog.Line::logger)
              .filter(name -> name.equals("health") || name.equals(HealthLog.class.getName()))
              .toList();
    } finally {
      serving.setState(ready);
    }
    assertThat(loggers).containsExactly(HealthLog.class.getName(), HealthLog.class.getName());
  }
}
