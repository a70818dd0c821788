/** Tables to begin with. */

export interface Sample {
  readonly name: string;
  readonly title: string;
  readonly csv: string;
}

// Speed (mph) and stopping distance (ft) of cars, 1920s: M. Ezekiel, Methods of Correlation Analysis, 1930.
const CARS =
  "4,2 4,10 7,4 7,22 8,16 9,10 10,18 10,26 10,34 11,17 11,28 12,14 12,20 12,24 12,28 13,26 13,34 13,34 13,46 14,26 14,36 14,60 14,80 " +
  "15,20 15,26 15,54 16,32 16,40 17,32 17,40 17,50 18,42 18,56 18,76 18,84 19,36 19,46 19,68 20,32 20,48 20,52 20,56 20,64 22,66 23,54 " +
  "24,70 24,92 24,93 24,120 25,85";

/** Points about y = 0.5x + 2, by a linear congruential generator: the same everywhere. */
function cloud(): string {
  let state = 7;
  const uniform = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  const rows = Array.from({ length: 60 }, () => {
    const x = 10 * uniform();
    const noise = uniform() + uniform() + uniform() + uniform() - 2;
    return `${x.toFixed(2)},${(0.5 * x + 2 + 0.9 * noise).toFixed(2)}`;
  });
  return ["x,y", ...rows].join("\n");
}

/** y = x − 1 at x = −3, −2.9, …, 2.9. */
function line(): string {
  const rows = Array.from({ length: 60 }, (_, k) => `${((k - 30) / 10).toFixed(1)},${((k - 40) / 10).toFixed(1)}`);
  return ["x,y", ...rows].join("\n");
}

export const SAMPLES: readonly Sample[] = [
  { name: "cars", title: "Cars: speed and stopping distance", csv: `speed,distance\n${CARS.replaceAll(" ", "\n")}` },
  { name: "three", title: "Three points on y = 2x", csv: "x,y\n1,2\n2,4\n3,6" },
  { name: "line", title: "y = x − 1 on sixty points", csv: line() },
  { name: "cloud", title: "A cloud about a line", csv: cloud() },
  { name: "outlier", title: "Ten points and an outlier", csv: "x,y\n1,1.1\n2,1.9\n3,3.2\n4,3.9\n5,5.1\n6,5.8\n7,7.2\n8,7.9\n9,9.1\n10,1" },
];
