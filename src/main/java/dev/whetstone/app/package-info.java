/**
 * The composition root: {@link dev.whetstone.app.ApplicationLifecycle} (read it first) starts and
 * stops the gateway process ({@link dev.whetstone.app.GatewayLifecycle}) or the trainer process
 * ({@link dev.whetstone.app.TrainerLifecycle}), as the property {@code whetstone.process} says; the
 * only package that may see every other.
 *
 * <p>Threads: the model is loaded on whetstone-loader, the trainer process is watched on
 * whetstone-trainer-watch. Owns {@code WHETSTONE_NATIVE}, the folder of unpacked native libraries.
 */
@NullMarked
package dev.whetstone.app;

import org.jspecify.annotations.NullMarked;
