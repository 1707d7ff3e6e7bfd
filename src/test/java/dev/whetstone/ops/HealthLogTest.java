package dev.whetstone.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.state.GatewayState;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** What probes leave in the log. */
@QuarkusTest
class HealthLogTest extends ReadyGateway {
  @Test
  void manyAnswersThatAreDownLogOneChange() {
    RestAssured.get("/q/health/ready").then().statusCode(200);
    Lines lines = new Lines();
    Logger root = Logger.getLogger("");
    GatewayState.State ready = serving.state();
    root.addHandler(lines);
    try {
      serving.setState(new GatewayState.State.Loading());
      for (int probe = 0; probe < 10; probe++) {
        RestAssured.get("/q/health/ready").then().statusCode(503);
      }
      serving.setState(ready);
      RestAssured.get("/q/health/ready").then().statusCode(200);
    } finally {
      serving.setState(ready);
      root.removeHandler(lines);
    }
    assertThat(lines.loggers).containsExactly(HealthLog.class.getName(), HealthLog.class.getName());
  }

  /** The loggers of the lines about health. */
  private static final class Lines extends Handler {
    final List<String> loggers = new CopyOnWriteArrayList<>();

    @Override
    public void publish(LogRecord line) {
      String logger = String.valueOf(line.getLoggerName());
      if (logger.equals("health") || logger.equals(HealthLog.class.getName())) {
        loggers.add(logger);
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
