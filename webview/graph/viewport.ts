import type { Box } from '../../src/graph/index.ts';

const ZOOM_MIN = 0.1;
const ZOOM_MAX = 4;

/** What part of the picture is on the screen: screen = picture × zoom + offset. */
export class Viewport {
  zoom = 1;
  offsetX = 0;
  offsetY = 0;

  toPicture(screenX: number, screenY: number): { readonly x: number; readonly y: number } {
    return { x: (screenX - this.offsetX) / this.zoom, y: (screenY - this.offsetY) / this.zoom };
  }

  pan(deltaX: number, deltaY: number): void {
    this.offsetX += deltaX;
    this.offsetY += deltaY;
  }

  /** Zooms so that the point under the pointer stays where it is. */
  zoomAt(screenX: number, screenY: number, factor: number): void {
    const zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, this.zoom * factor));
    const applied = zoom / this.zoom;
    this.offsetX = screenX - (screenX - this.offsetX) * applied;
    this.offsetY = screenY - (screenY - this.offsetY) * applied;
    this.zoom = zoom;
  }

  /** Shows all of a picture, at most at its own size. */
  fit(pictureWidth: number, pictureHeight: number, screenWidth: number, screenHeight: number): void {
    this.zoom = Math.max(ZOOM_MIN, Math.min(1, screenWidth / pictureWidth, screenHeight / pictureHeight));
    this.offsetX = Math.max(0, (screenWidth - pictureWidth * this.zoom) / 2);
    this.offsetY = 0;
  }

  /** Moves as little as needed to have the box on the screen. */
  reveal(box: Box, screenWidth: number, screenHeight: number): void {
    const margin = 40;
    const left = box.x * this.zoom + this.offsetX;
    const top = box.y * this.zoom + this.offsetY;
    const right = left + box.width * this.zoom;
    const bottom = top + box.height * this.zoom;
    if (left < margin) this.offsetX += margin - left;
    else if (right > screenWidth - margin) this.offsetX -= right - (screenWidth - margin);
    if (top < margin) this.offsetY += margin - top;
    else if (bottom > screenHeight - margin) this.offsetY -= bottom - (screenHeight - margin);
  }
}
