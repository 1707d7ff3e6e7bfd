package dev.whetstone.ops;

import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.GatewayState.State;
import dev.whetstone.gateway.state.ServedModel;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Registers meters that read a part of the served model, and 0 while there is none.
 *
 * @param prefix of the meters' names
 */
record ServedModelMeters<T>(
    MeterRegistry registry, GatewayState serving, String prefix, Function<ServedModel, T> part) {
  void gauge(String name, String description, ToDoubleFunction<T> value) {
    Gauge.builder(prefix + name, serving, state -> read(state, value))
        .description(description)
        .register(registry);
  }

  void count(String name, String description, ToDoubleFunction<T> value) {
    FunctionCounter.builder(prefix + name, serving, state -> read(state, value))
        .description(description)
        .register(registry);
  }

  private double read(GatewayState state, ToDoubleFunction<T> value) {
    return state.state() instanceof State.Ready ready
        ? value.applyAsDouble(part.apply(ready.model()))
        : 0;
  }
}
