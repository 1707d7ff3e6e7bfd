package dev.whetstone.app;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.function.IntConsumer;

/**
 * Takes signals before the JVM does. It is {@code sun.misc.Signal} of the module jdk.unsupported,
 * called by name: javac warns of every mention, and nothing in the standard replaces it.
 */
final class SignalHandler {
  private SignalHandler() {}

  /**
   * Runs {@code action} with the number of the signal whenever it comes, on a thread of its own.
   *
   * @param name without SIG, as {@code TERM}
   * @throws IllegalStateException where the JVM has no such signal or keeps it for itself
   */
  static void on(String name, IntConsumer action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object caught = signal.getConstructor(String.class).newInstance(name);
      int number = (int) signal.getMethod("getNumber").invoke(caught);
      InvocationHandler calls =
          (self, method, arguments) ->
              switch (method.getName()) {
                case "handle" -> {
                  action.accept(number);
                  yield null;
                }
                case "equals" -> self == arguments[0];
                case "hashCode" -> System.identityHashCode(self);
                default -> "handler of SIG" + name;
              };
      Object proxy =
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, calls);
      signal.getMethod("handle", signal, handler).invoke(null, caught, proxy);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "SIG" + name + " cannot be taken: " + Objects.requireNonNullElse(e.getCause(), e), e);
    }
  }
}
