package dev.whetstone.app;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.function.IntConsumer;

/**
 * Handles signals in place of the JVM. Calls {@code sun.misc.Signal} of the module jdk.unsupported
 * by reflection, because javac warns of every direct use and no standard API replaces it.
 */
final class SignalHandler {
  private SignalHandler() {}

  /**
   * Runs {@code action} with the signal's number each time it arrives, on a new thread.
   *
   * @param name the signal without SIG, such as {@code TERM}
   * @throws IllegalStateException if the JVM does not know the signal or reserves it
   */
  static void on(String name, IntConsumer action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object target = signal.getConstructor(String.class).newInstance(name);
      int number = (int) signal.getMethod("getNumber").invoke(target);
      InvocationHandler dispatch =
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
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, dispatch);
      signal.getMethod("handle", signal, handler).invoke(null, target, proxy);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "SIG" + name + " cannot be handled: " + Objects.requireNonNullElse(e.getCause(), e), e);
    }
  }
}
