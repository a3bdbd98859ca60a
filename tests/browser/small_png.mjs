// A screenshot as a PNG of at most 256 colours: a third of the bytes, and a page of few colours looks the same.
import zlib from "node:zlib";

const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const most_colours = 256;

function* chunks(png) {
  for (let at = signature.length; at < png.length;) {
    const size = png.readUInt32BE(at);
    yield [png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, at + 8 + size)];
    at += 12 + size;
  }
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function chunk(type, body) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const size = Buffer.alloc(4), check = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([size, named, check]);
}

/** The samples of a picture of 8 bits a sample, without the filters of PNG (its standard, clause 9). */
function samples_of(filtered, height, stride, step) {
  const out = Buffer.alloc(height * stride);
  for (let y = 0; y < height; ++y)
    for (let x = 0, at = y * stride; x < stride; ++x, ++at) {
      const left = x >= step ? out[at - step] : 0, above = y ? out[at - stride] : 0, corner = x >= step && y ? out[at - stride - step] : 0;
      const guess = left + above - corner;
      const [by_left, by_above, by_corner] = [left, above, corner].map((each) => Math.abs(guess - each));
      const paeth = by_left <= by_above && by_left <= by_corner ? left : by_above <= by_corner ? above : corner;
      out[at] = filtered[at + y + 1] + [0, left, above, (left + above) >> 1, paeth][filtered[at - x + y]];
    }
  return out;
}

const distance = (a, b) => [16, 8, 0].reduce((sum, shift) => sum + (((a >> shift) & 255) - ((b >> shift) & 255)) ** 2, 0);

/** `png`: as Chromium makes it, 8 bits a sample, RGB or RGBA without anything transparent. */
export function small_png(png) {
  const parts = [...chunks(png)];
  const head = parts.find(([type]) => type === "IHDR")[1];
  const width = head.readUInt32BE(0), height = head.readUInt32BE(4), step = head[9] === 6 ? 4 : 3;
  const samples = samples_of(zlib.inflateSync(Buffer.concat(parts.filter(([type]) => type === "IDAT").map(([, body]) => body))), height, width * step, step);
  const colour = (pixel) => samples.readUIntBE(pixel * step, 3);
  const counted = new Map();
  for (let pixel = 0; pixel < width * height; ++pixel) counted.set(colour(pixel), (counted.get(colour(pixel)) ?? 0) + 1);
  const palette = [...counted].sort((a, b) => b[1] - a[1]).slice(0, most_colours).map(([each]) => each);
  const nearest = new Map([...counted.keys()].map((each) => [each, palette.reduce((best, other, i) => (distance(each, other) < distance(each, palette[best]) ? i : best), 0)]));

  const rows = Buffer.alloc((width + 1) * height);  // Each with filter 0 before it.
  for (let pixel = 0; pixel < width * height; ++pixel) rows[pixel + Math.floor(pixel / width) + 1] = nearest.get(colour(pixel));
  const size = Buffer.from(head);
  size[9] = 3;  // By a palette.
  const colours = Buffer.alloc(3 * palette.length);
  palette.forEach((each, i) => colours.writeUIntBE(each, 3 * i, 3));
  return Buffer.concat([signature, chunk("IHDR", size), chunk("PLTE", colours), chunk("IDAT", zlib.deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}
