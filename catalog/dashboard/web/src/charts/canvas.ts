// Draws the same shapes onto a canvas: the page's chart, and the PNG.
import type { Shape, Size } from './drawing.ts'
import { FONT } from './svg.ts'

export function paint(
  context: CanvasRenderingContext2D,
  shapes: readonly Shape[],
  size: Size,
  background: string,
): void {
  context.fillStyle = background
  context.fillRect(0, 0, size.width, size.height)
  context.font = `11px ${FONT}`
  for (const shape of shapes) {
    context.fillStyle = shape.colour
    if (shape.kind === 'box') context.fillRect(shape.x, shape.y, shape.width, shape.height)
    else if (shape.kind === 'dot') {
      context.beginPath()
      context.arc(shape.x, shape.y, 2.5, 0, 2 * Math.PI)
      context.fill()
    } else if (shape.kind === 'text') {
      context.textAlign = shape.align === 'middle' ? 'center' : shape.align
      context.fillText(shape.text, shape.x, shape.y)
    } else {
      context.beginPath()
      for (const [x, y] of shape.points) context.lineTo(x, y)
      context.strokeStyle = shape.colour
      context.lineWidth = shape.width
      context.stroke()
    }
  }
}

/** @param scale pixels for each unit: 2 is sharp on most screens */
export function canvasOf(
  shapes: readonly Shape[],
  size: Size,
  background: string,
  scale: number,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(size.width * scale)
  canvas.height = Math.round(size.height * scale)
  const context = canvas.getContext('2d')!
  context.scale(scale, scale)
  paint(context, shapes, size, background)
  return canvas
}
