/** The whole loop played on a tiny model by simulated users: {@code whetstone demo}. */
@NullMarked
package dev.whetstone.demo;

import org.jspecify.annotations.NullMarked;
